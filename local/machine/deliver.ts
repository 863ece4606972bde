import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';

/** The function at the end of a stream, as Lambda calls it; its answer may name the records that it could not do. */
export type StreamHandler = (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse | undefined>;

export interface Delivery {
  readonly handler: StreamHandler;
  /** Tries of one record after the first, before it becomes a dead letter. */
  readonly retryAttempts: number;
  readonly onDeadLetter: (record: DynamoDBRecord, reason: string) => void;
  /** Waits between two tries. */
  readonly pause: () => Promise<void>;
  readonly stopped: () => boolean;
}

interface Outcome {
  /** How many records from the start are done. */
  done: number;
  /** The whole batch failed, so that nobody knows which record is to blame. */
  unclear: boolean;
  reason: string;
}

/**
 * Hands a batch to the function until each record is done or a dead letter, in order: from the first failed record on
 * everything is handed over again. A batch that fails as a whole is halved, which counts as no try of a record.
 */
export async function deliver(records: readonly DynamoDBRecord[], to: Delivery): Promise<void> {
  let left = records;
  let size = left.length;
  let failures = 0;
  while (left.length > 0 && !to.stopped()) {
    const batch = left.slice(0, size);
    const { done, unclear, reason } = await handOver(batch, to.handler);
    left = left.slice(done);
    if (done > 0) failures = 0;
    if (done === batch.length) {
      size = left.length;
      continue;
    }
    const halve = unclear && batch.length > 1;
    if (halve) size = Math.ceil(batch.length / 2);
    else if (!unclear) size = left.length;
    if (!halve) failures += 1;
    if (failures > to.retryAttempts) {
      to.onDeadLetter(left[0] as DynamoDBRecord, reason);
      left = left.slice(1);
      size = left.length;
      failures = 0;
    }
    await to.pause();
  }
}

async function handOver(batch: readonly DynamoDBRecord[], handler: StreamHandler): Promise<Outcome> {
  let answer: DynamoDBBatchResponse | undefined;
  try {
    answer = await handler({ Records: [...batch] });
  } catch (error) {
    return {
      done: 0,
      unclear: true,
      reason: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    };
  }
  const failed = (answer?.batchItemFailures ?? []).map(({ itemIdentifier }) =>
    batch.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === itemIdentifier),
  );
  if (failed.length === 0) return { done: batch.length, unclear: false, reason: '' };
  // Lambda takes an identifier that is not of this batch for a failure of all of it.
  if (failed.includes(-1))
    return { done: 0, unclear: true, reason: 'the function named a record that it was not given' };
  return { done: Math.min(...failed), unclear: false, reason: 'the function reported the record as failed' };
}
