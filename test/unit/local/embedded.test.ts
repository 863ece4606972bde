import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import pg from 'pg';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { documentClient } from '../../../lambdas/stores/dynamodb.ts';
import { createTables, startDynamo } from '../../../local/embedded/dynamodb.ts';
import { loadPostgres, loadTopics, topicTableInputs } from '../../../local/embedded/polis.ts';
import { startPostgres } from '../../../local/embedded/postgres.ts';
import { checkedSooner } from '../../../local/embedded/steps.ts';
import { NARRATIVES } from '../../../local/machine/narratives.ts';
import { sampleConversation } from '../../../local/sample.ts';

const root = mkdtempSync(join(tmpdir(), 'narratives-embedded-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Does some work with a PostgreSQL on a folder, which it starts and stops. */
async function withPostgres<T>(dataDir: string, work: (pool: pg.Pool) => Promise<T>): Promise<T> {
  const { url, stop } = await startPostgres({ dataDir });
  const pool = new pg.Pool({ connectionString: url });
  try {
    return await work(pool);
  } finally {
    await pool.end();
    await stop();
  }
}

describe('the embedded PostgreSQL', () => {
  const dataDir = join(root, 'postgres');
  const data = sampleConversation();
  const { zid } = data.conversation;
  const changed = { ...data, conversation: { ...data.conversation, topic: 'Another topic' } };
  /** Which transaction wrote the rows, and the topic. */
  const held = async (pool: pg.Pool) =>
    (await pool.query('SELECT xmin::text AS written_by, topic FROM conversations WHERE zid = $1', [zid])).rows;
  let first: Awaited<ReturnType<typeof held>>;

  it('is unpacked anew where an earlier start was stopped half way', async () => {
    mkdirSync(join(`${dataDir}.partial`, 'base'), { recursive: true });
    writeFileSync(join(`${dataDir}.partial`, 'PG_VERSION'), '1\n');
    mkdirSync(dataDir);
    first = await withPostgres(dataDir, async (pool) => {
      await loadPostgres(pool, data);
      return held(pool);
    });
    expect(first).toMatchObject([{ topic: data.conversation.topic }]);
    expect(existsSync(`${dataDir}.partial`)).toBe(false);
  });

  it('keeps its rows, and an unchanged conversation is not loaded again', async () => {
    await withPostgres(dataDir, async (pool) => {
      await loadPostgres(pool, data);
      expect(await held(pool)).toEqual(first);
    });
  });

  it('replaces a conversation that has changed, and then the changed one', async () => {
    await withPostgres(dataDir, async (pool) => {
      await loadPostgres(pool, changed);
      expect(await held(pool)).toMatchObject([{ topic: 'Another topic' }]);
      await loadPostgres(pool, data);
      expect(await held(pool)).toMatchObject([{ topic: data.conversation.topic }]);
      expect((await pool.query('SELECT count(*)::int AS votes FROM votes')).rows).toEqual([
        { votes: data.votes.length },
      ]);
    });
  });

  it('loads again what a failure has undone', async () => {
    await withPostgres(dataDir, async (pool) => {
      const twice = { ...changed, comments: [...data.comments, ...data.comments] };
      await expect(loadPostgres(pool, twice)).rejects.toThrow(/unique/);
      expect(await held(pool)).toMatchObject([{ topic: data.conversation.topic }]);
      await loadPostgres(pool, changed);
      expect(await held(pool)).toMatchObject([{ topic: 'Another topic' }]);
    });
  });

  it('names the folder that it cannot open', async () => {
    const broken = join(root, 'broken');
    mkdirSync(broken);
    writeFileSync(join(broken, 'PG_VERSION'), '18\n');
    await expect(startPostgres({ dataDir: broken })).rejects.toThrow(
      new RegExp(`cannot open its data folder ${broken}`),
    );
  });
});

describe('the topics of a conversation', () => {
  it('are written where they are not stored like this already, and only there', async () => {
    const dynamo = await startDynamo({});
    const db = documentClient(dynamo.client);
    const sent = vi.spyOn(db, 'send');
    const written = () =>
      sent.mock.calls.flatMap(([command]) =>
        command instanceof BatchWriteCommand ? Object.values(command.input.RequestItems ?? {}).flat() : [],
      );
    try {
      await createTables(dynamo.client, [...NARRATIVES.tables, ...topicTableInputs]);
      const data = sampleConversation();
      await loadTopics(db, data);
      const { topicNames, clusterAssignments, keywords } = data;
      expect(written()).toHaveLength(topicNames.length + clusterAssignments.length + keywords.length);
      sent.mockClear();
      await loadTopics(db, data);
      expect(written()).toEqual([]);
      const [first, ...others] = topicNames;
      const renamed = { ...first, topic_name: 'Another name' } as NonNullable<typeof first>;
      await loadTopics(db, { ...data, topicNames: [renamed, ...others] });
      expect(written()).toEqual([{ PutRequest: { Item: renamed } }]);
    } finally {
      await dynamo.stop();
    }
  });
});

describe('a step for the stand-in', () => {
  const after = (output: object) => checkedSooner(async () => output)({});

  it.each([
    [5, 1],
    [60, 12],
    [7, 2],
  ])('that would wait %d s for the batch waits %d s', async (asked, wait_seconds) => {
    expect(await after({ next: 'wait', wait_seconds: asked, checks: 3 })).toEqual({
      next: 'wait',
      wait_seconds,
      checks: 3,
    });
  });

  it('changes nothing else', async () => {
    const settling = { next: 'settle', wait_seconds: 180 };
    expect(await after(settling)).toBe(settling);
  });
});
