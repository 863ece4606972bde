import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { passes, type StreamPattern } from './stream-filter.ts';
import { StreamReader, type StreamStart, type StreamsClient, toLambdaRecord } from './stream-reader.ts';

export interface StreamPumpOptions {
  /** A DynamoDBStreamsClient of any endpoint. */
  client: StreamsClient;
  streamArn: string;
  /** From the template's event source mapping. */
  filters: readonly StreamPattern[];
  batchSize: number;
  retryAttempts: number;
  handler: StreamHandler;
  onDeadLetter: (record: DynamoDBRecord, reason: string) => void;
  /** Called when the stream could not be read; reading continues. */
  onError?: (error: unknown) => void;
  /** Called when there were records, also those that the filters drop, before they are delivered. */
  onRecords?: (() => void) | undefined;
  /** Pause between two reads of a quiet stream, and between two tries of a batch, in ms. */
  pollMs?: number;
  /** Without it, every record that the stream still has is read. */
  startAt?: StreamStart;
}

const POLL_MS = 100;

/** Does for a local DynamoDB stream what Lambda's event source mapping does on AWS. */
export class StreamPump {
  readonly #options: StreamPumpOptions;
  readonly #reader: StreamReader;
  readonly #closed = new AbortController();
  #loop: Promise<void> | undefined;
  #lastPass: Promise<unknown> = Promise.resolve();

  constructor(options: StreamPumpOptions) {
    this.#options = options;
    this.#reader = new StreamReader(options.client, options.streamArn, options.startAt);
  }

  /** Reads and delivers until closed. */
  start(): void {
    this.#loop ??= this.#run();
  }

  /** Stops after the current call of the function; what is not done yet is read again by the next pump. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#loop;
    await this.#lastPass;
  }

  /**
   * Reads the stream once and delivers what it held; passes never overlap.
   * @returns how many records were read, also those that the filters dropped
   */
  poll(): Promise<number> {
    const pass = this.#lastPass.then(() => this.#pass());
    this.#lastPass = pass.catch(() => {});
    return pass;
  }

  async #run(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      const read = await this.poll().catch((error: unknown) => {
        this.#options.onError?.(error);
        return 0;
      });
      if (read === 0) await this.#pause();
    }
  }

  async #pass(): Promise<number> {
    let read = 0;
    for await (const records of this.#reader.read()) {
      read += records.length;
      if (records.length > 0) this.#options.onRecords?.();
      await this.#deliverShard(records.map((record) => toLambdaRecord(record, this.#options.streamArn)));
    }
    return read;
  }

  async #deliverShard(records: DynamoDBRecord[]): Promise<void> {
    const { filters, batchSize, retryAttempts, handler, onDeadLetter } = this.#options;
    const passed = records.filter((record) => passes(record, filters));
    for (let start = 0; start < passed.length; start += batchSize) {
      await deliver(passed.slice(start, start + batchSize), {
        handler,
        retryAttempts,
        onDeadLetter,
        pause: () => this.#pause(),
        stopped: () => this.#closed.signal.aborted,
      });
    }
  }

  /** Ends early when the pump is closed. */
  async #pause(): Promise<void> {
    await sleep(this.#options.pollMs ?? POLL_MS, undefined, { signal: this.#closed.signal }).catch(() => {});
  }
}

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
