import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamoDBRecord } from 'aws-lambda';
import { deliver, type StreamHandler } from './deliver.ts';
import { toLambdaRecord } from './lambda-record.ts';
import { passes, type StreamPattern } from './stream-filter.ts';
import { StreamReader, type StreamsClient } from './stream-reader.ts';

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
  /** Hears of a stream that could not be read; reading goes on. */
  onError?: (error: unknown) => void;
  /** Pause between two reads of a quiet stream, and between two tries of a batch, in ms. */
  pollMs?: number;
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
    this.#reader = new StreamReader(options.client, options.streamArn);
  }

  /** Reads and delivers until closed. */
  start(): void {
    this.#loop ??= this.#run();
  }

  /** Stops after the call of the function that is under way; what was not done is read again by the next pump. */
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
