import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { jsonOrUndefined, parseOr } from '../lambdas/shared/parse.ts';
import { AwsRefused } from './errors.ts';

/** What the sweep function answers. */
export type SweepResult = Record<string, unknown>;

/** A message of the dead-letter queue that was received and is hidden from others for now. */
export interface Letter {
  id: string;
  receipt: string;
}

export interface DeadLetters {
  /** Every message that is in the queue now. */
  receive(): Promise<Letter[]>;
  /** @returns how many could be deleted */
  remove(letters: readonly Letter[]): Promise<number>;
  /** Makes letters visible to others again. */
  release(letters: readonly Letter[]): Promise<void>;
}

export interface Swept {
  sweep: SweepResult;
  dead_letters: { received: number; deleted: number };
}

/**
 * Redrives what was forgotten: the sweep starts or resumes every job row that nobody works on, and the dead letters
 * received before it are deleted. A letter only points to a place in the stream; the job rows say what is to be done.
 * @throws whatever the sweep fails with; the letters are then released
 */
export async function redriveAll({
  letters,
  sweep,
}: {
  letters: DeadLetters;
  sweep: () => Promise<SweepResult>;
}): Promise<Swept> {
  const received = await letters.receive();
  let result: SweepResult;
  try {
    result = await sweep();
  } catch (error) {
    // they come back by themselves as well, only later
    await letters.release(received).catch(() => undefined);
    throw error;
  }
  const deleted = await letters.remove(received);
  return { sweep: result, dead_letters: { received: received.length, deleted } };
}

const resultSchema = z.record(z.string(), z.unknown());
const errorSchema = z.object({ errorType: z.string().default('Error'), errorMessage: z.string().default('') });

/** Runs the sweep function and waits for its answer. @throws AwsRefused with what the function failed with */
export async function invokeSweep(client: Pick<LambdaClient, 'send'>, name: string): Promise<SweepResult> {
  const { FunctionError, Payload } = await client.send(new InvokeCommand({ FunctionName: name, Payload: '{}' }));
  const answer = jsonOrUndefined(Buffer.from(Payload ?? []).toString());
  if (FunctionError) {
    const { errorType, errorMessage } = errorSchema.parse(answer ?? {});
    throw new AwsRefused(`the sweep function ${name} failed (${errorType}: ${errorMessage}): see its log`);
  }
  return parseOr(
    resultSchema,
    answer,
    () => new AwsRefused(`the sweep function ${name} returned no result: it may be of another version; deploy again`),
  );
}

/** Messages in one call of SQS. */
const CALL = 10;
/** Longer than the sweep runs. */
const HIDDEN_SECONDS = 600;
const MAX_LETTERS = 10_000;

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
      while (found.size < MAX_LETTERS) {
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

const jobsSchema = z.record(z.string(), z.array(z.string())).catch({});

/** Counts, and the jobs that something was done about. */
export function sweptText({ sweep, dead_letters: { received, deleted } }: Swept): string {
  const { jobs, ...counted } = sweep;
  const counts = Object.entries(counted).map(([name, value]) => {
    const shown = Array.isArray(value) ? value.length : value;
    return `${name.replaceAll('_', ' ')}: ${typeof shown === 'object' ? JSON.stringify(shown) : String(shown)}`;
  });
  const named = Object.entries(jobsSchema.parse(jobs)).map(([did, ids]) => `  ${did}: ${ids.join(', ')}`);
  return [`sweep: ${counts.join(', ')}`, ...named, `dead letters: ${received} received, ${deleted} deleted`].join('\n');
}
