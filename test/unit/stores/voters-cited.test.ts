import { afterAll, beforeAll, expect, test } from 'vitest';
import { InvalidRow, StoreUnavailable } from '../../../lambdas/shared/errors.ts';
import { type Conversations, conversationsOf, postgresPool, readOnly } from '../../../lambdas/stores/postgres.ts';
import { loadPostgres } from '../../../local/embedded/polis.ts';
import { startPostgres } from '../../../local/embedded/postgres.ts';
import { sampleConversation } from '../../../local/sample.ts';

const ZID = 4_711;
let postgres: Awaited<ReturnType<typeof startPostgres>>;
let pool: ReturnType<typeof postgresPool>;
let conversations: Conversations;
beforeAll(async () => {
  postgres = await startPostgres({});
  pool = postgresPool(postgres.url);
  await loadPostgres(pool, sampleConversation());
  conversations = conversationsOf(readOnly(pool), 'prod');
  // pid 0 agrees with 1, pid 1 disagrees with 1, pid 2 passes on 1 and agrees with 2, pid 3 passes on all, pid 4 has no answer
  await pool.query(`INSERT INTO votes_latest_unique (zid, pid, tid, vote) VALUES
    (${ZID}, 0, 1, -1), (${ZID}, 0, 2, 0), (${ZID}, 1, 1, 1), (${ZID}, 2, 1, 0), (${ZID}, 2, 2, -1),
    (${ZID}, 3, 1, 0), (${ZID}, 3, 2, 0), (${ZID}, 4, 1, NULL)`);
});
afterAll(async () => {
  await pool.end();
  await postgres.stop();
});

test.each([
  [[1], 2],
  [[2], 1],
  [[1, 2], 3],
  [[9], 0],
  [[], 0],
  [Array.from({ length: 5_000 }, (_, tid) => tid), 3],
])('a voter counts whose agree or disagree is on one of the comments (%#)', async (tids, cited) => {
  expect(await conversations.votersCited(ZID, tids)).toEqual({ voters: 5, cited });
});

test('a conversation without votes has no voters', async () => {
  expect(await conversations.votersCited(ZID + 1, [1])).toEqual({ voters: 0, cited: 0 });
});

test('the sign that a database declares makes no difference', async () => {
  const before = await conversations.votersCited(ZID, [1, 2]);
  await pool.query('UPDATE votes_latest_unique SET vote = -vote');
  expect(await conversations.votersCited(ZID, [1, 2])).toEqual(before);
});

test('a database that does not answer in time may be asked again', async () => {
  const late = Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' });
  const slow = conversationsOf({ query: () => Promise.reject(late) }, 'prod');
  await expect(slow.votersCited(ZID, [1])).rejects.toBeInstanceOf(StoreUnavailable);
});

test('an answer of another form is refused', async () => {
  const odd = conversationsOf({ query: async () => ({ rows: [{ voters: '5', cited: null }] }) }, 'prod');
  await expect(odd.votersCited(ZID, [1])).rejects.toBeInstanceOf(InvalidRow);
});
