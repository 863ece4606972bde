import {
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  ExpiredIteratorException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type Shard,
  type _Record as StreamRecord,
  TrimmedDataAccessException,
} from '@aws-sdk/client-dynamodb-streams';
import type { DynamoDBRecord } from 'aws-lambda';

export type StreamsClient = Pick<DynamoDBStreamsClient, 'send'>;

interface ShardPosition {
  readonly parent: string | undefined;
  iterator: string | undefined;
  /** Sequence number of the last record read: where to continue when the iterator has expired. */
  last: string | undefined;
  read: 'open' | 'to its end';
}

/** New shards are looked for at least this often, in reads; DescribeStream allows ten calls a second. */
const READS_BETWEEN_DESCRIBES = 50;

/** Where reading begins: at the oldest record that the stream still has, or at what is written from now on. */
export type StreamStart = 'TRIM_HORIZON' | 'LATEST';

/** Reads a DynamoDB stream, each shard in order and a parent shard before its children. */
export class StreamReader {
  readonly #client: StreamsClient;
  readonly #streamArn: string;
  readonly #shards = new Map<string, ShardPosition>();
  #start: StreamStart;
  #reads = 0;

  constructor(client: StreamsClient, streamArn: string, start: StreamStart = 'TRIM_HORIZON') {
    this.#client = client;
    this.#streamArn = streamArn;
    this.#start = start;
  }

  /** One read of every shard whose turn it is, handed on shard by shard; no empty lists. */
  async *read(): AsyncGenerator<StreamRecord[]> {
    const noneOpen = ![...this.#shards.values()].some(({ read }) => read === 'open');
    if (noneOpen || this.#reads % READS_BETWEEN_DESCRIBES === 0) await this.#findShards();
    this.#reads += 1;
    for (const [id, shard] of this.#shards) {
      if (shard.read !== 'open' || !this.#parentIsRead(shard)) continue;
      const records = await this.#readShard(id, shard);
      if (records.length > 0) yield records;
    }
    // shards that are found later begin after this moment, and are read whole
    this.#start = 'TRIM_HORIZON';
  }

  async #findShards(): Promise<void> {
    let after: string | undefined;
    do {
      const page = await this.#client.send(
        new DescribeStreamCommand({ StreamArn: this.#streamArn, ExclusiveStartShardId: after }),
      );
      for (const shard of page.StreamDescription?.Shards ?? []) this.#remember(shard);
      after = page.StreamDescription?.LastEvaluatedShardId;
    } while (after);
  }

  #remember({ ShardId, ParentShardId }: Shard): void {
    if (!ShardId || this.#shards.has(ShardId)) return;
    this.#shards.set(ShardId, { parent: ParentShardId, iterator: undefined, last: undefined, read: 'open' });
  }

  /** A parent that the stream no longer lists has been trimmed, and holds nobody up. */
  #parentIsRead({ parent }: ShardPosition): boolean {
    return parent === undefined || this.#shards.get(parent)?.read !== 'open';
  }

  async #readShard(id: string, shard: ShardPosition): Promise<StreamRecord[]> {
    try {
      shard.iterator ??= await this.#iterator(id, shard.last);
      const { Records = [], NextShardIterator } = await this.#client.send(
        new GetRecordsCommand({ ShardIterator: shard.iterator }),
      );
      shard.iterator = NextShardIterator;
      shard.last = Records.at(-1)?.dynamodb?.SequenceNumber ?? shard.last;
      if (!NextShardIterator) shard.read = 'to its end';
      return Records;
    } catch (error) {
      if (!(error instanceof ExpiredIteratorException || error instanceof TrimmedDataAccessException)) throw error;
      // The next read asks for a new iterator; of a trimmed stretch, what is left starts at the horizon.
      shard.iterator = undefined;
      if (error instanceof TrimmedDataAccessException) shard.last = undefined;
      return [];
    }
  }

  async #iterator(id: string, last: string | undefined): Promise<string | undefined> {
    const from = last
      ? { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' as const, SequenceNumber: last }
      : { ShardIteratorType: this.#start };
    const answer = await this.#client.send(
      new GetShardIteratorCommand({ StreamArn: this.#streamArn, ShardId: id, ...from }),
    );
    return answer.ShardIterator;
  }
}

/** A record as the SDK reads it from a stream, in the JSON shape that Lambda hands to a function. */
export function toLambdaRecord(record: StreamRecord, streamArn: string): DynamoDBRecord {
  const { ApproximateCreationDateTime: created, ...dynamodb } = record.dynamodb ?? {};
  const json = {
    ...record,
    eventSourceARN: streamArn,
    dynamodb: { ...dynamodb, ...(created && { ApproximateCreationDateTime: Math.floor(created.getTime() / 1000) }) },
  };
  return JSON.parse(JSON.stringify(json, binaryAsBase64));
}

function binaryAsBase64(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}
