import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parseOpinionMath } from '../../../lambdas/report/opinion-groups.ts';
import { checkVoteSigns } from '../../../lambdas/report/vote-signs.ts';
import { POSTGRES_VOTE } from '../../../lambdas/report/votes.ts';
import { VoteSignMismatch } from '../../../lambdas/shared/errors.ts';
import { type Conversations, conversationsOf, postgresPool } from '../../../lambdas/stores/postgres.ts';
import { loadPostgres } from '../../../local/embedded/polis.ts';
import { startPostgres } from '../../../local/embedded/postgres.ts';
import { sampleConversation } from '../../../local/sample.ts';
import { errorOf } from '../../support/readers.ts';

const data = sampleConversation();
const { zid } = data.conversation;
const { rid, report_id } = data.report;
const math = { zid, math_env: data.math.math_env };

let postgres: Awaited<ReturnType<typeof startPostgres>>;
let pool: ReturnType<typeof postgresPool>;
let conversations: Conversations;
beforeAll(async () => {
  postgres = await startPostgres({});
  pool = postgresPool(postgres.url);
  conversations = conversationsOf(pool, math.math_env);
  await loadPostgres(pool, data);
});
afterAll(async () => {
  await pool.end();
  await postgres.stop();
});

const levelOf = async (id: string) => (await conversations.report(id))?.mod_level;
const groupsOf = async () => parseOpinionMath(await conversations.mathKeys(zid), []);

describe('moderation in PostgreSQL', () => {
  test('the report says what it shows, and each comment how it stands', async () => {
    expect(await levelOf(report_id)).toBe(-1);
    await pool.query('UPDATE reports SET mod_level = 0');
    expect(await levelOf(report_id)).toBe(0);
    await pool.query('UPDATE comments SET active = false WHERE tid = 3');
    await pool.query('UPDATE comments SET active = NULL, is_meta = NULL, mod = NULL WHERE tid = 4');
    const comments = await conversations.comments(zid, rid);
    expect(comments[3]).toMatchObject({ tid: 3, active: false, is_meta: false });
    expect(comments[4]).toMatchObject({ tid: 4, active: true, is_meta: false, mod: 0 });
    expect(comments.filter(({ is_meta }) => is_meta).map(({ tid }) => tid)).toEqual(
      data.comments.filter(({ is_meta }) => is_meta).map(({ tid }) => tid),
    );
  });

  test('an older Polis without these columns can be read: rejected comments are left out', async () => {
    await pool.query('ALTER TABLE reports DROP COLUMN mod_level');
    await pool.query('ALTER TABLE comments DROP COLUMN active, DROP COLUMN is_meta');
    expect(await levelOf(report_id)).toBe(-1);
    expect(await levelOf('rnone')).toBeUndefined();
    const comments = await conversations.comments(zid, rid);
    expect(comments).toHaveLength(data.comments.length);
    expect(comments.every(({ active, is_meta }) => active && !is_meta)).toBe(true);
    expect(comments.map(({ mod }) => mod)).toContain(-1);
  });

  test('a report without a level leaves out rejected comments', async () => {
    await pool.query('ALTER TABLE reports ADD COLUMN mod_level smallint');
    expect(await levelOf(report_id)).toBe(-1);
  });
});

describe('the sign of votes', () => {
  const declare = (row: string) =>
    pool.query(`
      CREATE TABLE vote_convention (version smallint, agree_value smallint);
      ${row}
      CREATE FUNCTION public.vote_convention_current() RETURNS TABLE (version smallint, agree_value smallint, contract_version smallint)
        LANGUAGE sql STABLE AS 'SELECT version, agree_value, 1::smallint FROM public.vote_convention'`);
  afterEach(async () => {
    await pool.query('DROP FUNCTION IF EXISTS public.vote_convention_current(); DROP TABLE IF EXISTS vote_convention');
  });

  test('is that of Polis when the database declares none', async () => {
    expect(await conversations.voteSigns()).toEqual(POSTGRES_VOTE);
    await declare('');
    expect(await conversations.voteSigns()).toEqual(POSTGRES_VOTE);
  });

  test('is the declared one, either way round', async () => {
    await declare('INSERT INTO vote_convention VALUES (0, -1);');
    expect(await conversations.voteSigns()).toEqual(POSTGRES_VOTE);
    await pool.query('UPDATE vote_convention SET version = 1, agree_value = 1');
    expect(await conversations.voteSigns()).toEqual({ agree: 1, disagree: -1, pass: 0 });
  });

  test.each(['0', '2', 'NULL'])('a declaration of %s for agree is refused', async (value) => {
    await declare(`INSERT INTO vote_convention VALUES (0, ${value});`);
    const error = await errorOf(() => conversations.voteSigns());
    expect(error).toBeInstanceOf(VoteSignMismatch);
    expect(error.message).toContain('only -1 and 1 are known');
  });

  test('counts are the same in a database that declares the other sign and stores votes so', async () => {
    const { groups, votes } = await groupsOf();
    const before = await conversations.groupCounts(zid, groups, POSTGRES_VOTE);
    checkVoteSigns(before, votes);
    await pool.query('UPDATE votes_latest_unique SET vote = -vote');
    expect(() => checkVoteSigns(before, votes)).not.toThrow();
    await declare('INSERT INTO vote_convention VALUES (1, 1);');
    const after = await conversations.groupCounts(zid, groups, await conversations.voteSigns());
    const inOrder = (counts: typeof before) => counts.map((count) => JSON.stringify(count)).sort();
    expect(inOrder(after)).toEqual(inOrder(before));
  });

  test('a flip that nobody declared is found by the math', async () => {
    const { groups, votes } = await groupsOf();
    const flipped = await conversations.groupCounts(zid, groups, await conversations.voteSigns());
    expect(() => checkVoteSigns(flipped, votes)).toThrow(VoteSignMismatch);
  });

  test('math without counts of votes cannot be compared', async () => {
    await pool.query("UPDATE math_main SET data = data - 'group-votes'");
    expect((await groupsOf()).votes).toEqual([]);
    await pool.query(`UPDATE math_main SET data = data || '{"group-votes": null}'`);
    expect((await groupsOf()).votes).toEqual([]);
    await pool.query(
      `UPDATE math_main SET data = data || '{"group-votes": {"0": {"n-members": 3}, "1": {"votes": null}}}'`,
    );
    expect((await groupsOf()).votes).toEqual([]);
  });
});
