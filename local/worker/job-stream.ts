import { DescribeTableCommand, type DynamoDBClient, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import type { Log } from '../../lambdas/shared/log.ts';
import { StreamPump, type StreamPumpOptions } from '../machine/stream-pump.ts';

/** Between two reads of a quiet stream. A read costs about a millisecond of a core. */
const POLL_MS = 1_000;
/** A table is changed within seconds; DynamoDB Local does it at once. */
const LOOKS = 20;
const LOOK_MS = 250;

export interface JobStreamOptions {
  dynamo: Pick<DynamoDBClient, 'send'>;
  table: string;
  /** Whether a stream may be turned on where the table has none. */
  turnOn: boolean;
  pump: Omit<StreamPumpOptions, 'streamArn' | 'onDeadLetter' | 'onError' | 'pollMs' | 'startAt'>;
  log: Log;
}

/** How new rows are seen. */
export type Seen = 'by stream' | 'by index';

/** The stream of the job table: turned on where there is none, read while there is one. */
export class JobStream {
  readonly #options: JobStreamOptions;
  #pump: StreamPump | undefined;
  #arn: string | undefined;
  /** why there is no stream, as it was last said; '' while there is one */
  #told = '';

  constructor(options: JobStreamOptions) {
    this.#options = options;
  }

  /** How new rows are seen at present. */
  get seen(): Seen {
    return this.#arn === undefined ? 'by index' : 'by stream';
  }

  /**
   * Looks whether the table has its stream, turns it on if it has none, and reads it from now on.
   * @throws ResourceNotFoundException when there is no table; other errors of DynamoDB
   */
  async check(): Promise<void> {
    const arn = (await this.#found()) ?? (await this.#turnedOn());
    if (arn === this.#arn && (arn === undefined) === (this.#pump === undefined)) return;
    await this.#leave();
    const { log, table, pump } = this.#options;
    this.#arn = arn;
    if (arn === undefined) return;
    this.#pump = new StreamPump({
      ...pump,
      streamArn: arn,
      pollMs: POLL_MS,
      startAt: 'LATEST',
      onDeadLetter: (record, why) =>
        log.error('a record of the stream could not be used', { record: record.eventID, why }),
      // a stream that was turned off or deleted with its table
      onError: () => this.#lost(),
    });
    this.#pump.start();
    this.#told = '';
    log.info('new jobs are seen by the stream of the job table', { table });
  }

  async close(): Promise<void> {
    await this.#leave();
    this.#arn = undefined;
  }

  /** Until the next check, rows are looked for by the index. */
  #lost(): void {
    if (this.#arn !== undefined)
      this.#options.log.warn('the stream of the job table cannot be read', { table: this.#options.table });
    this.#arn = undefined;
  }

  async #leave(): Promise<void> {
    const pump = this.#pump;
    this.#pump = undefined;
    await pump?.close();
  }

  async #found(): Promise<string | undefined> {
    const { dynamo, table } = this.#options;
    const { Table } = await dynamo.send(new DescribeTableCommand({ TableName: table }));
    const { StreamEnabled, StreamViewType = '' } = Table?.StreamSpecification ?? {};
    // one that lacks the new row is of no use
    return StreamEnabled && /NEW/.test(StreamViewType) ? Table?.LatestStreamArn : undefined;
  }

  async #turnedOn(): Promise<string | undefined> {
    const { dynamo, table, log, turnOn } = this.#options;
    if (!turnOn) return void this.#tell('by the settings it is not to be turned on');
    try {
      const StreamSpecification = { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' } as const;
      await dynamo.send(new UpdateTableCommand({ TableName: table, StreamSpecification }));
      for (let looks = 0; looks < LOOKS; looks++) {
        const arn = await this.#found();
        if (arn) {
          log.info('the stream of the job table was off: turned on, with NEW_IMAGE', { table });
          return arn;
        }
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
      this.#tell('it did not come within seconds');
    } catch (error) {
      this.#tell((error as Error).name);
    }
    return undefined;
  }

  /** Once for each reason. */
  #tell(why: string): void {
    if (this.#told === why) return;
    this.#told = why;
    this.#options.log.warn('the job table has no stream: new jobs are looked for by its index', { why });
  }
}
