import { afterAll, beforeAll, expect, test } from 'vitest';
import { POSTGRES_VOTE } from '../../../lambdas/report/votes.ts';
import { groupsByPid, postgresPool, SQL } from '../../../lambdas/stores/postgres.ts';
import { loadPostgres } from '../../../local/embedded/polis.ts';
import { startPostgres } from '../../../local/embedded/postgres.ts';
import { sampleConversation } from '../../../local/sample.ts';
import { memoryPool, type Pool } from '../../support/memory/postgres.ts';

const data = sampleConversation();
const { zid } = data.conversation;
const { rid, report_id } = data.report;
const { agree, disagree, pass } = POSTGRES_VOTE;
const people = data.participants.map(({ pid }) => pid).filter((pid) => pid % 5 > 0);
const gids = groupsByPid([0, 1, 2].map((gid) => ({ gid, pids: people.filter((pid) => pid % 3 === gid) })));

let close: (() => Promise<void>) | undefined;
let real: Pool;
beforeAll(async () => {
  const postgres = await startPostgres({});
  const pool = postgresPool(postgres.url);
  close = async () => {
    await pool.end();
    await postgres.stop();
  };
  await loadPostgres(pool, data);
  real = pool;
});
afterAll(() => close?.());

interface Counts {
  gid: number | null;
  tids: number[];
  agrees: number[];
  disagrees: number[];
  passes: number[];
}

/** Counts come in any order. */
const inOrder = (rows: unknown[]) =>
  (rows as Counts[])
    .flatMap(({ gid, tids, agrees, disagrees, passes }) =>
      tids.map((tid, at) => JSON.stringify([gid, tid, agrees[at], disagrees[at], passes[at]])),
    )
    .sort();

test.each([
  ['report', [report_id]],
  ['report', ['rnone']],
  ['topic', [zid]],
  ['topic', [zid + 1]],
  ['comments', [zid, rid]],
  ['comments', [zid, rid + 1]],
  ['math', [zid, data.math.math_env]],
  ['math', [zid, 'another']],
  ['counts', [zid, gids, agree, disagree, pass]],
  ['counts', [zid, [], agree, disagree, pass]],
  ['voters', [zid, [0, 3, 7], pass]],
  ['voters', [zid, [], pass]],
  ['voters', [zid + 1, [0, 3, 7], pass]],
] as const)('PostgreSQL in memory answers %s as a real one does (%#)', async (name, values) => {
  const memory = memoryPool(data, [data.report]);
  const [expected, answered] = await Promise.all(
    [real, memory].map(async (pool) => (await pool.query(SQL[name], [...values])).rows),
  );
  if (name === 'counts') expect(inOrder(answered ?? [])).toEqual(inOrder(expected ?? []));
  else expect(answered).toEqual(expected);
});
