import { GetCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { microUsd as usd } from '../../../lambdas/money/money.ts';
import { documentClient } from '../../../lambdas/stores/dynamodb.ts';
import { type Spending, spendingTable } from '../../../lambdas/stores/spending.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { createTables, startDynamo } from '../../../local/embedded/dynamodb.ts';
import { NARRATIVES } from '../../../local/machine/narratives.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let db: ReturnType<typeof documentClient>;
let spending: Spending;
beforeAll(async () => {
  dynamo = await startDynamo({});
  await createTables(dynamo.client, NARRATIVES.tables);
  db = documentClient(dynamo.client);
  spending = spendingTable(db, TABLE_NAMES.ledger);
});
afterAll(() => dynamo?.stop());

let days = 0;
/** A day that no other test counts on. */
function freshDay() {
  const now = new Date(Date.UTC(2030, 0, 1 + days++, 12));
  const day = now.toISOString().slice(0, 10);
  return {
    now,
    day,
    total: async () => (await spending.days([day]))[0],
    reserve: (
      job_id: string,
      most_micro_usd: number | undefined,
      { cap, version = 1, round = 1, at = now }: Opts = {},
    ) =>
      spending.reserve(
        { job_id: `${day}-${job_id}`, round, version, most_micro_usd, now: at, expires_at_epoch: 4e9 },
        cap,
      ),
    settle: (job_id: string, cost: number | undefined, round = 1) =>
      spending.settle({ job_id: `${day}-${job_id}`, round, now, expires_at_epoch: 4e9 }, cost),
    release: (job_id: string, version = 1, round = 1) => spending.release(`${day}-${job_id}`, round, version),
    row: async (job_id: string, round = 1) =>
      (
        await db.send(
          new GetCommand({
            TableName: TABLE_NAMES.ledger,
            Key: { job_id: `${day}-${job_id}`, entry: `spend#${round}` },
          }),
        )
      ).Item,
  };
}
interface Opts {
  cap?: number;
  version?: number;
  round?: number;
  at?: Date;
}

describe('what a round counts for', () => {
  it('is the most it may cost until it is settled, then what it did cost', async () => {
    const { reserve, settle, total, day } = freshDay();
    expect(await reserve('a', usd(2.5))).toEqual({ kind: 'reserved' });
    expect(await reserve('b', usd(1))).toEqual({ kind: 'reserved' });
    expect(await total()).toEqual({ day, committed_micro_usd: usd(3.5), open_micro_usd: usd(3.5), unpriced_rounds: 0 });
    await settle('a', usd(0.75));
    expect(await total()).toEqual({ day, committed_micro_usd: usd(1.75), open_micro_usd: usd(1), unpriced_rounds: 0 });
  });

  it('is counted once, however often each call is made', async () => {
    const { reserve, settle, release, total, row } = freshDay();
    for (let time = 0; time < 3; time++) await reserve('a', usd(2));
    for (let time = 0; time < 3; time++) await reserve('gone', usd(5));
    for (let time = 0; time < 3; time++) await settle('a', usd(1.25));
    for (let time = 0; time < 3; time++) await release('gone');
    expect(await total()).toMatchObject({ committed_micro_usd: usd(1.25), open_micro_usd: 0 });
    expect(await row('gone')).toBeUndefined();
  });

  it('may cost more than was thought: the real cost counts, over the cap as well', async () => {
    const { reserve, settle, total } = freshDay();
    await reserve('a', usd(2), { cap: usd(3) });
    await settle('a', usd(4));
    expect(await total()).toMatchObject({ committed_micro_usd: usd(4), open_micro_usd: 0 });
    expect(await reserve('b', usd(0.01), { cap: usd(3) })).toMatchObject({ kind: 'over', others: usd(4) });
  });

  it('is replaced by a new plan, and a cost by a corrected one', async () => {
    const { reserve, settle, total } = freshDay();
    await reserve('a', usd(2));
    await reserve('a', usd(3.5), { version: 3 });
    expect(await total()).toMatchObject({ committed_micro_usd: usd(3.5), open_micro_usd: usd(3.5) });
    await settle('a', usd(1));
    await settle('a', usd(1.5));
    expect(await total()).toMatchObject({ committed_micro_usd: usd(1.5), open_micro_usd: 0 });
  });

  it('moves to the day on which the round is sent after all', async () => {
    const [first, next] = [freshDay(), freshDay()];
    await first.reserve('a', usd(2));
    await first.reserve('a', usd(2), { at: next.now });
    expect(await first.total()).toMatchObject({ committed_micro_usd: 0, open_micro_usd: 0 });
    expect(await next.total()).toMatchObject({ committed_micro_usd: usd(2), open_micro_usd: usd(2) });
    await first.settle('a', usd(0.5));
    expect(await next.total()).toMatchObject({ committed_micro_usd: usd(0.5), open_micro_usd: 0 });
  });

  it('of a model without a price is not known, and the round is counted apart', async () => {
    const { reserve, settle, total } = freshDay();
    expect(await reserve('a', undefined, { cap: usd(1) })).toEqual({ kind: 'reserved' });
    await settle('a', undefined);
    expect(await total()).toMatchObject({ committed_micro_usd: 0, open_micro_usd: 0, unpriced_rounds: 1 });
  });

  it('stays the most it may cost when the price of an answer is not known', async () => {
    const { reserve, settle, total } = freshDay();
    await reserve('a', usd(2));
    await settle('a', undefined);
    expect(await total()).toMatchObject({ committed_micro_usd: usd(2), open_micro_usd: usd(2) });
  });

  it('is each round by itself', async () => {
    const { reserve, settle, total } = freshDay();
    await reserve('a', usd(2));
    await settle('a', usd(1));
    await reserve('a', usd(0.5), { round: 2 });
    expect(await total()).toMatchObject({ committed_micro_usd: usd(1.5), open_micro_usd: usd(0.5) });
  });

  it('is what it did cost, though it was never reserved', async () => {
    const { settle, release, total, row } = freshDay();
    await settle('a', usd(3));
    await release('a');
    expect(await total()).toMatchObject({ committed_micro_usd: usd(3), open_micro_usd: 0 });
    await release('b');
    await settle('b', undefined);
    expect(await row('b')).toBeUndefined();
  });
});

describe('a reservation', () => {
  it('that would pass the cap is refused, and says what the others reserve', async () => {
    const { reserve, total, day, row } = freshDay();
    await reserve('a', usd(6), { cap: usd(10) });
    expect(await reserve('b', usd(4.000001), { cap: usd(10) })).toEqual({ kind: 'over', day, others: usd(6) });
    expect(await row('b')).toBeUndefined();
    expect(await total()).toMatchObject({ committed_micro_usd: usd(6) });
    expect(await reserve('b', usd(4), { cap: usd(10) })).toEqual({ kind: 'reserved' });
  });

  it('that alone is over the cap is refused on an empty day', async () => {
    const { reserve, day } = freshDay();
    expect(await reserve('a', usd(10.5), { cap: usd(10) })).toEqual({ kind: 'over', day, others: 0 });
  });

  it('counts its own earlier amount once when it grows, and not among the others', async () => {
    const { reserve, day } = freshDay();
    await reserve('other', usd(3));
    await reserve('a', usd(5), { cap: usd(10) });
    expect(await reserve('a', usd(7), { cap: usd(10) })).toEqual({ kind: 'reserved' });
    expect(await reserve('a', usd(7.5), { cap: usd(10) })).toEqual({ kind: 'over', day, others: usd(3) });
  });

  it('that shrinks is taken though the cap was lowered meanwhile', async () => {
    const { reserve, total } = freshDay();
    await reserve('a', usd(8), { cap: usd(10) });
    expect(await reserve('a', usd(7), { cap: usd(5) })).toEqual({ kind: 'reserved' });
    expect(await total()).toMatchObject({ committed_micro_usd: usd(7) });
  });

  it('knows what was spent before there was a cap', async () => {
    const { reserve, settle } = freshDay();
    await reserve('morning', usd(9));
    await settle('morning', usd(4));
    expect(await reserve('noon', usd(2), { cap: usd(5) })).toMatchObject({ kind: 'over', others: usd(4) });
  });

  it('of a newer execution is neither replaced nor released by an older one', async () => {
    const { reserve, release, total, row } = freshDay();
    await reserve('a', usd(2), { version: 3 });
    expect(await reserve('a', usd(5), { version: 1 })).toEqual({ kind: 'taken' });
    await release('a', 1);
    expect(await total()).toMatchObject({ committed_micro_usd: usd(2) });
    expect(await row('a')).toMatchObject({ version: 3, reserved_micro_usd: usd(2) });
  });

  it('is not released once the round is settled', async () => {
    const { reserve, settle, release, total } = freshDay();
    await reserve('a', usd(2));
    await settle('a', usd(1));
    await release('a');
    expect(await total()).toMatchObject({ committed_micro_usd: usd(1) });
  });
});

describe('many jobs at once', () => {
  it('never pass the cap together, and use it up', async () => {
    const { reserve, total } = freshDay();
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, job) => reserve(`j${job}`, usd(0.3), { cap: usd(3.1) })),
    );
    expect(answers.filter(({ kind }) => kind === 'reserved')).toHaveLength(10);
    expect(answers.filter(({ kind }) => kind === 'over')).toHaveLength(30);
    expect(await total()).toMatchObject({ committed_micro_usd: usd(3), open_micro_usd: usd(3) });
  });

  it('in any order leave a total that is the sum of the rows', async () => {
    const amount = fc.integer({ min: 0, max: usd(5) });
    const call = fc.oneof(
      fc.record({ what: fc.constant('reserve'), job: fc.nat(3), amount, version: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ what: fc.constant('settle'), job: fc.nat(3), amount, version: fc.constant(1) }),
      fc.record({ what: fc.constant('release'), job: fc.nat(3), amount, version: fc.integer({ min: 1, max: 3 }) }),
    );
    const cap = usd(8);
    const property = fc.asyncProperty(fc.array(call, { minLength: 4, maxLength: 24 }), async (calls) => {
      const { reserve, settle, release, total, row } = freshDay();
      const run = ({ what, job, amount, version }: (typeof calls)[number]): Promise<unknown> =>
        what === 'reserve'
          ? reserve(`j${job}`, amount, { cap, version })
          : what === 'settle'
            ? settle(`j${job}`, amount)
            : release(`j${job}`, version);
      // three at a time are at the same rows
      for (let from = 0; from < calls.length; from += 3) await Promise.all(calls.slice(from, from + 3).map(run));
      const rows = (await Promise.all([0, 1, 2, 3].map((job) => row(`j${job}`)))).filter((one) => one !== undefined);
      const sum = (amount: (one: Record<string, number>) => number) =>
        rows.reduce((all, one) => all + amount(one as Record<string, number>), 0);
      const found = await total();
      expect(found?.committed_micro_usd).toBe(
        sum(({ settled_micro_usd, reserved_micro_usd }) => settled_micro_usd ?? (reserved_micro_usd as number)),
      );
      expect(found?.open_micro_usd).toBe(
        sum(({ settled_micro_usd, reserved_micro_usd }) =>
          settled_micro_usd === undefined ? (reserved_micro_usd as number) : 0,
        ),
      );
    });
    await fc.assert(property, { numRuns: 40 });
  });
});
