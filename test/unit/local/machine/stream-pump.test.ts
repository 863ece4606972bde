import type { DynamoDBStreamEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { FakeStream, failed, inserted, pumpOf } from '../../../support/fake-stream.ts';

describe('the stream pump', () => {
  it("hands the records that pass the filters to the function, in Lambda's shape", async () => {
    const events: DynamoDBStreamEvent[] = [];
    const stream = new FakeStream({ id: 's', records: [inserted('1', 'FAILED'), inserted('2')] });
    const { pump } = pumpOf(stream, undefined, { handler: async (event) => void events.push(event) as undefined });
    expect(await pump.poll()).toBe(2);
    expect(events).toEqual([
      {
        Records: [
          {
            eventID: 'event-2',
            eventName: 'INSERT',
            eventSourceARN: 'arn:stream',
            dynamodb: {
              SequenceNumber: '2',
              ApproximateCreationDateTime: 1795341600,
              NewImage: {
                job_id: { S: '2' },
                status: { S: 'PENDING' },
                job_type: { S: 'CREATE_NARRATIVE_BATCH' },
                prompt: { B: 'AQL/' },
              },
            },
          },
        ],
      },
    ]);
  });

  it('reads each record once, and new ones when they come', async () => {
    const stream = new FakeStream({ id: 's', records: [inserted('1')] });
    const { pump, batches } = pumpOf(stream);
    await pump.poll();
    stream.shards[0]?.records.push(inserted('2'));
    expect([await pump.poll(), await pump.poll()]).toEqual([1, 0]);
    expect(batches).toEqual([['1'], ['2']]);
  });

  it('never hands over more than a batch', async () => {
    const stream = new FakeStream({ id: 's', records: ['1', '2', '3', '4', '5'].map((id) => inserted(id)) });
    const { pump, batches } = pumpOf(stream, undefined, { batchSize: 2 });
    await pump.poll();
    expect(batches).toEqual([['1', '2'], ['3', '4'], ['5']]);
  });

  it('hands the first failed record and all after it over again', async () => {
    const stream = new FakeStream({ id: 's', records: ['1', '2', '3'].map((id) => inserted(id)) });
    let calls = 0;
    const { pump, batches, dead } = pumpOf(stream, () => (calls++ === 0 ? failed('3', '2') : undefined));
    await pump.poll();
    expect({ batches, dead }).toEqual({
      batches: [
        ['1', '2', '3'],
        ['2', '3'],
      ],
      dead: [],
    });
  });

  it('counts the tries of each record for itself', async () => {
    const stream = new FakeStream({ id: 's', records: ['1', '2'].map((id) => inserted(id)) });
    const answers = [failed('1'), failed('1'), failed('2'), failed('2'), undefined];
    const { pump, batches, dead } = pumpOf(stream, () => answers.shift());
    await pump.poll();
    expect({ batches, dead }).toEqual({ batches: [['1', '2'], ['1', '2'], ['1', '2'], ['2'], ['2']], dead: [] });
  });

  it('turns a record into a dead letter after its last retry, and continues', async () => {
    const stream = new FakeStream({ id: 's', records: ['1', '2', '3'].map((id) => inserted(id)) });
    const { pump, batches, dead } = pumpOf(stream, (ids) => (ids.includes('2') ? failed('2') : undefined));
    await pump.poll();
    expect(batches).toEqual([['1', '2', '3'], ['2', '3'], ['2', '3'], ['3']]);
    expect(dead).toEqual(['2: the function reported the record as failed']);
  });

  it('halves a batch that fails as a whole until the record to blame is alone', async () => {
    const stream = new FakeStream({ id: 's', records: ['1', '2', '3', '4'].map((id) => inserted(id)) });
    const { pump, batches, dead } = pumpOf(stream, (ids) => {
      if (ids.includes('3')) throw new RangeError('poison');
      return undefined;
    });
    await pump.poll();
    expect(batches).toEqual([['1', '2', '3', '4'], ['1', '2'], ['3', '4'], ['3'], ['3'], ['3'], ['4']]);
    expect(dead).toEqual(['3: RangeError: poison']);
  });

  it('takes an unknown record identifier for a failure of the whole batch', async () => {
    const stream = new FakeStream({ id: 's', records: [inserted('1')] });
    const { pump, batches, dead } = pumpOf(stream, () => failed(''));
    await pump.poll();
    expect(batches).toEqual([['1'], ['1'], ['1']]);
    expect(dead).toHaveLength(1);
  });

  it('reads a parent shard to its end before its children, in whatever order they are listed', async () => {
    const stream = new FakeStream(
      { id: 'child', parent: 'parent', records: [inserted('2')] },
      { id: 'parent', parent: 'trimmed', closed: true, records: [inserted('1')] },
    );
    const { pump, batches } = pumpOf(stream);
    await pump.poll();
    await pump.poll();
    expect(batches).toEqual([['1'], ['2']]);
  });

  it('finds the shards that follow when all known ones have come to their end', async () => {
    const stream = new FakeStream({ id: 'a', closed: true, records: [inserted('1')] });
    const { pump, batches } = pumpOf(stream);
    await pump.poll();
    stream.shards.push({ id: 'b', parent: 'a', records: [inserted('2')] });
    await pump.poll();
    expect(batches).toEqual([['1'], ['2']]);
  });

  it('continues after the last record when an iterator has expired', async () => {
    const stream = new FakeStream({ id: 's', records: [inserted('1')] });
    const { pump, batches } = pumpOf(stream);
    await pump.poll();
    stream.expireIterators();
    stream.shards[0]?.records.push(inserted('2'));
    await pump.poll();
    await pump.poll();
    expect(batches).toEqual([['1'], ['2']]);
  });

  it('loses no record of one shard when another cannot be read', async () => {
    const stream = new FakeStream({ id: 'a', records: [inserted('1')] }, { id: 'b', records: [inserted('2')] });
    stream.unreadable.add('b');
    const { pump, batches } = pumpOf(stream);
    await expect(pump.poll()).rejects.toThrow('b cannot be read');
    stream.unreadable.clear();
    await pump.poll();
    expect(batches).toEqual([['1'], ['2']]);
  });

  it('keeps reading by itself through trouble, until it is closed', async () => {
    const stream = new FakeStream({ id: 's', records: [inserted('1')] });
    stream.unreadable.add('s');
    const { promise: delivered, resolve } = Promise.withResolvers<void>();
    const troubles: unknown[] = [];
    const { pump, batches } = pumpOf(stream, () => void resolve() as undefined, {
      onError: (error) => {
        troubles.push(error);
        stream.unreadable.clear();
      },
    });
    pump.start();
    await delivered;
    await pump.close();
    stream.shards[0]?.records.push(inserted('2'));
    await new Promise(setImmediate);
    expect(troubles).toHaveLength(1);
    expect(batches).toEqual([['1']]);
  });
});
