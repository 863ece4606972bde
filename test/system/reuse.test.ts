import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import { POSTGRES_VOTE } from '../../lambdas/report/votes.ts';
import type { Section } from '../../lambdas/shared/ledger-rows.ts';
import { customId, entry } from '../../lambdas/shared/names.ts';
import { STATE, TABLE_NAMES } from '../../lib/names.ts';
import { lost, onNextCall } from '../support/faults.ts';
import { bySection } from '../support/readers.ts';
import { useWorld } from '../support/use-world.ts';
import type { World } from '../support/world.ts';

const world = useWorld();
beforeEach(() => world.emptyTables());

const ALL = 15;
type Ended = Awaited<ReturnType<World['runReusing']>>;
const textOf = (job: Ended, section: string) => bySection(job.reports).get(section)?.report_data;
const refOf = ({ ordinal }: Section) => entry.answered(1, ordinal);

/** One row a section, of one timestamp, and every section there. */
function expectWhole(job: Ended, reused: number): void {
  expect(job.row).toMatchObject({ status: 'COMPLETED' });
  expect(job.results).toMatchObject({ planned: ALL, stored: ALL, reused, failed: [], unfiled_count: 0 });
  expect(job.reports).toHaveLength(ALL);
  expect(new Set(job.reports.map(({ section }) => section)).size).toBe(ALL);
  expect(new Set(job.reports.map(({ timestamp }) => timestamp)).size).toBe(1);
}

describe('a report that is asked for again with nothing changed', () => {
  it('is free: every section has the text of the first job, and nothing is sent', async () => {
    const first = await world.runReusing();
    const second = await world.runReusing();
    expect([first.bought, second.bought]).toEqual([[ALL], []]);
    expect(second.states).toEqual([
      STATE.batchAlreadySubmitted,
      STATE.submitBatch,
      STATE.submissionRecorded,
      STATE.completeJob,
      STATE.jobCompleted,
    ]);
    expectWhole(second, ALL);
    for (const row of second.reports) expect(row.report_data).toBe(textOf(first, row.section ?? ''));
  });

  it('says how many sections were reused and what that saved', async () => {
    const first = await world.runReusing();
    const second = await world.runReusing();
    const saved = first.results.cost_usd as number;
    expect(first.results).toMatchObject({ stored: ALL, reused: 0, reused_saved_usd: 0 });
    expect(saved).toBeGreaterThan(0);
    expect(second.row).toMatchObject({ status: 'COMPLETED', process_exit_confirmed: true, model: first.row.model });
    expect(second.results).toMatchObject({
      planned: ALL,
      stored: ALL,
      reused: ALL,
      reused_saved_usd: expect.closeTo(saved, 5),
      failed: [],
      rounds: 0,
      cost_usd: 0,
      batch_ids: [],
    });
    const { entries } = JSON.parse(String(second.row.logs));
    expect(entries.at(-1).message).toBe(
      `15 of 15 sections stored (15 reused, which saved $${saved.toFixed(4)}), 0 failed, 0 round(s)`,
    );
  });

  it('keeps in the ledger where each answer is, and no second copy of it', async () => {
    const first = await world.runReusing();
    const second = await world.runReusing();
    const sections = await world.sections(second.job_id);
    expect(sections.map(({ reused }) => reused)).toMatchObject(
      sections.map((section) => ({ job_id: first.job_id, entry: refOf(section) })),
    );
    expect(await world.ledgerRows(second.job_id, 'answered#')).toEqual([]);
    expect(await world.ledgerRows(second.job_id, 'prompt#')).toHaveLength(ALL);
  });

  it('has the batch of its text in each row, and nothing that readers need not know', async () => {
    const first = await world.runReusing();
    const second = await world.runReusing();
    const rows = (await world.all(TABLE_NAMES.reports)).filter(({ job_id }) => job_id === second.job_id);
    expect(new Set(rows.map(({ batch_id }) => batch_id))).toEqual(new Set([first.row.batch_id]));
    for (const { metadata } of rows)
      expect(Object.keys(metadata as object).join(' ')).not.toMatch(/hash|cost|reused|tokens/);
  });

  it('names the job that paid, however often the text has been reused since', async () => {
    const first = await world.runReusing();
    await world.runReusing();
    const third = await world.runReusing();
    expect(third.bought).toEqual([]);
    expect(third.results.reused_saved_usd).toBeCloseTo(first.results.cost_usd, 5);
    for (const { reused } of await world.sections(third.job_id)) expect(reused?.job_id).toBe(first.job_id);
  });

  it('is bought again when no_cache says so, and then the newer text is used', async () => {
    await world.runReusing();
    const second = await world.runReusing({ no_cache: true });
    expect(second.bought).toEqual([ALL]);
    expect(second.results).toMatchObject({ stored: ALL, reused: 0, reused_saved_usd: 0, rounds: 1 });
    const third = await world.runReusing();
    for (const { reused } of await world.sections(third.job_id)) expect(reused?.job_id).toBe(second.job_id);
  });

  it('is bought again from another model', async () => {
    await world.runReusing();
    const second = await world.runReusing({ model: 'claude-haiku-4-5' });
    expect(second.bought).toEqual([ALL]);
    // and what each model wrote stays its own
    expect((await world.runReusing()).bought).toEqual([]);
    expect((await world.runReusing({ model: 'claude-haiku-4-5' })).bought).toEqual([]);
  });

  it('is bought again when its answers are deleted within days', async () => {
    await world.runReusing();
    world.passTime((180 - 3) * 86_400);
    expect((await world.runReusing()).bought).toEqual([ALL]);
  });
});

describe('a report of which something has changed', () => {
  it('has only those sections bought that a changed vote touches', async () => {
    const first = await world.runReusing();
    const votes = world.data.votes;
    const { pid, tid } = votes.findLast(({ vote }) => vote === POSTGRES_VOTE.agree) ?? { pid: -1, tid: -1 };
    const changed = { pid, tid, vote: POSTGRES_VOTE.disagree, created: Math.max(...votes.map((v) => v.created)) + 1 };
    const touched = (await world.sections(first.job_id)).filter(({ shown }) => shown.includes(tid));
    expect(touched.length).toBeGreaterThan(0);
    expect(touched.length).toBeLessThan(ALL);
    await world.withData({ votes: [...votes, changed] }, async () => {
      const second = await world.runReusing();
      expect(second.bought).toEqual([touched.length]);
      expectWhole(second, ALL - touched.length);
      // each section keeps its place in the plan
      const asked = await world.asked(second.job_id, 1);
      expect(asked.map(({ ordinal }) => ordinal)).toEqual(touched.map(({ ordinal }) => ordinal));
      // the plan's price is that of what is bought
      const [all, some] = await Promise.all([first, second].map(({ job_id }) => world.deps.ledger.plan(job_id)));
      expect(some?.most_micro_usd).toBeLessThan(((all?.most_micro_usd ?? 0) * (touched.length + 1)) / ALL);
    });
  });

  it('splits only what is bought into batches', async () => {
    const first = await world.runReusing();
    await world.forgetAnswers((await world.sections(first.job_id)).slice(0, 5));
    const second = await world.runReusing({ max_batch_size: 2 });
    expect(second.bought).toEqual([2, 2, 1]);
    expect(second.results).toMatchObject({ stored: ALL, reused: 10, rounds: 1 });
  });

  it('asks again for bought sections only', async () => {
    const first = await world.runReusing();
    await world.forgetAnswers((await world.sections(first.job_id)).slice(0, 5));
    const row = world.reusingRow();
    world.standIn.script.result(customId(row.job_id, 1, 3), { kind: 'not_json' });
    const second = await world.runRow(row);
    expect(second.bought).toEqual([5, 1]);
    expect(second.results).toMatchObject({ stored: ALL, reused: 10, rounds: 2, failed: [] });
  });

  it('fits a job budget that the whole report would not fit', async () => {
    const first = await world.runReusing();
    await world.forgetAnswers((await world.sections(first.job_id)).slice(0, 1));
    const { most_micro_usd = 0 } = (await world.deps.ledger.plan(first.job_id)) ?? {};
    world.settings.jobBudget = most_micro_usd / 3;
    const bought = await world.runReusing({ no_cache: true });
    const reusing = await world.runReusing();
    world.settings.jobBudget = undefined;
    expect(bought.row).toMatchObject({ status: 'FAILED', error_message: expect.stringMatching(/^OverBudget/) });
    expect(reusing.results).toMatchObject({ stored: ALL, reused: ALL - 1 });
  });
});

describe('what a job has paid for', () => {
  it('is asked again where the answer could not be used', async () => {
    const row = world.reusingRow();
    world.standIn.script.result(customId(row.job_id, 1, 4), { kind: 'refusal' });
    const first = await world.runRow(row);
    expect(first.results).toMatchObject({ stored: ALL - 1, failed_count: 1 });
    const second = await world.runReusing();
    expect(second.bought).toEqual([1]);
    expectWhole(second, ALL - 1);
    expect((await world.asked(second.job_id, 1)).map(({ ordinal }) => ordinal)).toEqual([4]);
  });

  it('is found under the first question when a later round answered it', async () => {
    const row = world.reusingRow();
    world.standIn.script.result(customId(row.job_id, 1, 4), { kind: 'max_tokens' });
    expect((await world.runRow(row)).bought).toEqual([ALL, 1]);
    expect((await world.runReusing()).bought).toEqual([]);
  });

  it('is free for the next job when it was cancelled', async () => {
    world.processing.finishedShare = 0.5;
    world.processing.secondsToCancel = 10;
    const row = world.reusingRow();
    world.pace.onEvent = (_, { type, state }) => {
      if (type === 'StateEntered' && state === STATE.wait) {
        delete world.pace.onEvent;
        void world.setCancelled(row);
      }
    };
    const cancelled = await world.runRow(row);
    const paid = cancelled.results.stored as number;
    expect(cancelled.row).toMatchObject({ status: 'FAILED', withdrawn_reason: 'cancelled' });
    expect(paid).toBeGreaterThan(0);
    expect(cancelled.reports).toEqual([]);
    const next = await world.runReusing();
    expect(next.bought).toEqual([ALL - paid]);
    expectWhole(next, paid);
  });

  it('is bought by another job meanwhile, and then not again in a later round', async () => {
    const row = world.reusingRow();
    world.standIn.script.result(customId(row.job_id, 1, 4), { kind: 'not_json' });
    onNextCall(world.deps.spending, 'settle', {
      after: async () => {
        // as another report of the conversation would buy it
        const [asked] = (await world.sections(row.job_id)).filter(({ ordinal }) => ordinal === 4);
        const [other] = await world.ledgerRows(row.job_id, entry.answered(1, 3));
        const { job_id, entry: key } = other as { job_id: string; entry: string };
        const answer = { job_id, entry: key, cost_micro_usd: 7 };
        await world.deps.ledger.putKnownAnswers([{ job_id: `answer:${asked?.prompt_hash}`, entry: 'answer', answer }]);
      },
    });
    const job = await world.runRow(row);
    expect(job.bought).toEqual([ALL]);
    expect(job.results).toMatchObject({ planned: ALL, reused: 1, reused_saved_usd: 0.000007 });
  });

  it('leaves what was saved unknown when its price is', async () => {
    const first = await world.runReusing();
    const [section] = (await world.sections(first.job_id)) as [Section];
    await world.deps.ledger.putKnownAnswers([
      {
        job_id: `answer:${section.prompt_hash}`,
        entry: 'answer',
        answer: { job_id: first.job_id, entry: refOf(section) },
      },
    ]);
    const second = await world.runReusing();
    expect(second.results).toMatchObject({ reused: ALL, reused_saved_usd: null });
    expect(JSON.parse(String(second.row.logs)).entries.at(-1).message).toContain(
      '15 reused, which saved an unknown sum',
    );
  });

  it('is named as a gap of the report when somebody has deleted it since it was planned', async () => {
    const first = await world.runReusing();
    const [, , section] = (await world.sections(first.job_id)) as [Section, Section, Section];
    onNextCall(world.deps.ledger, 'writePlan', {
      after: () =>
        world.db.send(
          new DeleteCommand({ TableName: TABLE_NAMES.ledger, Key: { job_id: first.job_id, entry: refOf(section) } }),
        ),
    });
    const second = await world.runReusing();
    expect(second.results).toMatchObject({ stored: ALL - 1, failed: [{ section: section.section, reason: 'gone' }] });
    expect(bySection(second.reports).get(section.section)?.errors).toMatch(/^gone: /);
  });
});

describe('a crash of a job that uses known answers', () => {
  const calls = [
    ['ledger', 'knownAnswers'],
    ['ledger', 'writePlan'],
    ['ledger', 'putIntent'],
    ['ledger', 'putAnswers'],
    ['ledger', 'putKnownAnswers'],
    ['ledger', 'updateBatch'],
    ['reports', 'writeTogether'],
    ['jobs', 'change'],
  ] as const;

  it.each(calls)('before or after %s.%s leaves one row a section and one paid batch', async (client, method) => {
    const first = await world.runReusing();
    for (const when of ['before', 'after'] as const) {
      await world.forgetAnswers((await world.sections(first.job_id)).slice(0, 2));
      const restore = onNextCall(world.deps[client] as unknown as Record<string, unknown>, method, { [when]: lost });
      const job = await world.runReusing();
      restore();
      expect(job.bought).toEqual([2]);
      expectWhole(job, ALL - 2);
      // and all of it is known afterwards
      expect((await world.runReusing()).bought).toEqual([]);
    }
  });

  it('after a refusal leaves no part of a report, and is planned again', async () => {
    const first = await world.runReusing();
    await world.forgetAnswers((await world.sections(first.job_id)).slice(0, 2));
    world.standIn.script.answer('create', 400);
    const refused = await world.runReusing();
    expect(refused.row).toMatchObject({ status: 'FAILED', error_message: expect.stringMatching(/^AnthropicRefused/) });
    expect(refused.reports).toEqual([]);
    world.passTime(3_600);
    await world.putBack(refused);
    expectWhole({ ...(await world.ended(refused.job_id)), bought: [2] }, ALL - 2);
  });

  it('while publishing continues with its first timestamp', async () => {
    await world.runReusing();
    onNextCall(world.deps.reports, 'writeTogether', {
      after: () => {
        throw new Error('the process was killed');
      },
    });
    const failed = await world.runReusing();
    expect(failed.row.status).toBe('FAILED');
    world.passTime(3_600);
    await world.putBack(failed);
    expectWhole({ ...(await world.ended(failed.job_id)), bought: [] }, ALL);
  });
});

describe('the figures of a job that reused sections', () => {
  it('count them apart from what was bought, each ending once', async () => {
    const first = await world.runReusing();
    await world.forgetAnswers((await world.sections(first.job_id)).slice(0, 2));
    const added = new Map<string, number>();
    const { metrics } = world.deps;
    world.deps.metrics = { add: (name, value) => void added.set(name, (added.get(name) ?? 0) + value) };
    const second = await world.runReusing();
    world.deps.metrics = metrics;
    expect(second.results.reused).toBe(ALL - 2);
    expect(added.get('SectionsStored')).toBe(ALL);
    expect(added.get('SectionsReused')).toBe(ALL - 2);
    expect(added.get('CostUsd')).toBeCloseTo(second.results.cost_usd, 5);
  });
});
