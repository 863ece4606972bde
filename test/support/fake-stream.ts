import {
  DescribeStreamCommand,
  ExpiredIteratorException,
  type GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams';
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { NARRATIVES } from '../../local/machine/narratives.ts';
import { StreamPump, type StreamPumpOptions } from '../../local/machine/stream-pump.ts';
import type { StreamsClient } from '../../local/machine/stream-reader.ts';

const synthesized = NARRATIVES;

/** One shard of a scripted stream; `closed` shards have an end. */
export interface FakeShard {
  id: string;
  parent?: string;
  closed?: boolean;
  records: object[];
}

/** A DynamoDB stream behind the client's `send`: iterators count records, expire on request, and shards may be unreadable. */
export class FakeStream {
  readonly shards: FakeShard[];
  readonly unreadable = new Set<string>();
  readonly expired = new Set<string>();
  #iterators = 0;
  readonly #at = new Map<string, { shard: FakeShard; index: number }>();

  constructor(...shards: FakeShard[]) {
    this.shards = shards;
  }

  readonly client = { send: async (command: object) => this.#answer(command) } as unknown as StreamsClient;

  expireIterators(): void {
    for (const iterator of this.#at.keys()) this.expired.add(iterator);
  }

  #answer(command: object) {
    if (command instanceof DescribeStreamCommand) return this.#describe(command.input.ExclusiveStartShardId);
    if (command instanceof GetShardIteratorCommand) {
      const { ShardId, ShardIteratorType, SequenceNumber } = command.input;
      const shard = this.shards.find(({ id }) => id === ShardId) as FakeShard;
      const last = shard.records.findIndex((record) => sequenceNumber(record) === SequenceNumber);
      return { ShardIterator: this.#iterator(shard, ShardIteratorType === 'AFTER_SEQUENCE_NUMBER' ? last + 1 : 0) };
    }
    return this.#records((command as GetRecordsCommand).input.ShardIterator as string);
  }

  /** One shard a page, so that paging is always needed. */
  #describe(after: string | undefined) {
    const index = this.shards.findIndex(({ id }) => id === after) + 1;
    const { id, parent } = this.shards[index] as FakeShard;
    const more = index + 1 < this.shards.length ? { LastEvaluatedShardId: id } : {};
    return { StreamDescription: { Shards: [{ ShardId: id, ParentShardId: parent }], ...more } };
  }

  #records(iterator: string) {
    const { shard, index } = this.#at.get(iterator) as { shard: FakeShard; index: number };
    if (this.expired.has(iterator)) throw new ExpiredIteratorException({ message: 'expired', $metadata: {} });
    if (this.unreadable.has(shard.id)) throw new Error(`${shard.id} cannot be read`);
    const next = shard.closed ? {} : { NextShardIterator: this.#iterator(shard, shard.records.length) };
    return { Records: shard.records.slice(index), ...next };
  }

  #iterator(shard: FakeShard, index: number): string {
    const iterator = `iterator-${this.#iterators++}`;
    this.#at.set(iterator, { shard, index });
    return iterator;
  }
}

export const sequenceNumber = (record: object) =>
  (record as { dynamodb: { SequenceNumber: string } }).dynamodb.SequenceNumber;

/** The stream record of a new row; the sequence number doubles as the job id. */
export function inserted(id: string, status = 'PENDING') {
  return {
    eventID: `event-${id}`,
    eventName: 'INSERT',
    dynamodb: {
      SequenceNumber: id,
      ApproximateCreationDateTime: new Date('2026-11-22T10:00:00.700Z'),
      NewImage: {
        job_id: { S: id },
        status: { S: status },
        job_type: { S: 'CREATE_NARRATIVE_BATCH' },
        prompt: { B: new Uint8Array([1, 2, 255]) },
      },
    },
  };
}

/** A pump whose function answers as scripted and remembers which records it was called with. */
export function pumpOf(
  stream: FakeStream,
  answer: (ids: string[]) => DynamoDBBatchResponse | undefined = () => undefined,
  options: Partial<StreamPumpOptions> = {},
) {
  const batches: string[][] = [];
  const dead: string[] = [];
  const pump = new StreamPump({
    client: stream.client,
    streamArn: 'arn:stream',
    filters: synthesized.filters,
    batchSize: synthesized.batchSize,
    retryAttempts: 2,
    pollMs: 0,
    handler: async ({ Records }: DynamoDBStreamEvent) => {
      const ids = Records.map(sequenceNumber);
      batches.push(ids);
      return answer(ids);
    },
    onDeadLetter: (record, reason) => dead.push(`${sequenceNumber(record)}: ${reason}`),
    ...options,
  });
  return { pump, batches, dead };
}

export const failed = (...ids: string[]) => ({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) });
