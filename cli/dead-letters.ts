import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { DeadLetters, Letter } from './commands/sweep.ts';

/** Messages in one call of SQS. */
const CALL = 10;
/** Longer than the sweep runs. */
const HIDDEN_SECONDS = 600;
const MOST = 10_000;

/** The dead-letter queue of the job stream. */
export function deadLetters(client: Pick<SQSClient, 'send'>, QueueUrl: string): DeadLetters {
  const receive = new ReceiveMessageCommand({
    QueueUrl,
    MaxNumberOfMessages: CALL,
    VisibilityTimeout: HIDDEN_SECONDS,
    // asks every server of the queue, not just some
    WaitTimeSeconds: 1,
  });
  return {
    async receive() {
      const found = new Map<string, Letter>();
      while (found.size < MOST) {
        const { Messages = [] } = await client.send(receive);
        if (Messages.length === 0) break;
        for (const { MessageId: id = '', ReceiptHandle: receipt = '' } of Messages) found.set(id, { id, receipt });
      }
      return [...found.values()];
    },
    async remove(letters) {
      let deleted = 0;
      for (const slice of slices(letters)) {
        const Entries = slice.map(({ receipt }, at) => ({ Id: String(at), ReceiptHandle: receipt }));
        const answer = await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
        deleted += answer.Successful?.length ?? 0;
      }
      return deleted;
    },
    async release(letters) {
      for (const slice of slices(letters)) {
        const Entries = slice.map(({ receipt }, at) => ({
          Id: String(at),
          ReceiptHandle: receipt,
          VisibilityTimeout: 0,
        }));
        await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
      }
    },
  };
}

function* slices<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += CALL) yield all.slice(from, from + CALL);
}
