import { beforeEach, describe, expect, it } from 'vitest';
import { POSTGRES_VOTE } from '../../lambdas/report/votes.ts';
import { customId } from '../../lambdas/shared/names.ts';
import { STATE, TABLE_NAMES } from '../../lib/names.ts';
import { bySection, provenance } from '../support/readers.ts';
import { useWorld } from '../support/use-world.ts';
import type { World } from '../support/world.ts';

const world = useWorld();
beforeEach(() => world.removeStored());

const ALL = 15;
type Ended = Awaited<ReturnType<World['runReusing']>>;
const textOf = (job: Ended, section: string) => bySection(job.reports).get(section)?.report_data;

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
    expect(second.reports).toHaveLength(ALL);
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
    const ledger = (await world.all(TABLE_NAMES.ledger)).filter((row) => row.job_id === second.job_id);
    const entriesOf = (prefix: string) => ledger.filter((row) => String(row.entry).startsWith(prefix));
    expect([entriesOf('asked#0#').length, entriesOf('asked#1#').length, entriesOf('batch#').length]).toEqual([
      ALL,
      0,
      0,
    ]);
    for (const row of entriesOf('answered#0#')) {
      expect(row).toMatchObject({ kind: 'stored', reused_from: { job_id: first.job_id }, section: expect.any(String) });
      expect(row.saved_micro_usd).toBeGreaterThan(0);
      expect(row).not.toHaveProperty('tokens');
    }
    for (const row of entriesOf('asked#0#')) expect(row.prompt).toBeInstanceOf(Uint8Array);
  });

  it('marks each stored section with its prompt, its price and, when reused, where it was bought', async () => {
    const first = await world.runReusing();
    const second = await world.runReusing();
    const sum = first.reports.reduce((total, row) => total + (provenance(row).cost_usd ?? Number.NaN), 0);
    expect(sum).toBeCloseTo(first.results.cost_usd, 5);
    for (const row of second.reports) {
      const bought = bySection(first.reports).get(row.section ?? '');
      expect(provenance(bought)).not.toHaveProperty('reused_from');
      expect(provenance(row)).toEqual({
        ...provenance(bought),
        reused_from: { job_id: first.job_id, section: row.section, timestamp: bought?.timestamp },
      });
    }
    // the batch is that of the text
    const rows = (await world.all(TABLE_NAMES.reports)).filter(({ job_id }) => job_id === second.job_id);
    expect(new Set(rows.map(({ batch_id }) => batch_id))).toEqual(new Set([first.row.batch_id]));
  });

  it('names the job that paid, however often the text has been reused since', async () => {
    const first = await world.runReusing();
    await world.runReusing();
    await world.removeStored(first.reports);
    const third = await world.runReusing();
    expect(third.bought).toEqual([]);
    expect(third.results.reused_saved_usd).toBeCloseTo(first.results.cost_usd, 5);
    for (const row of third.reports) expect(provenance(row).reused_from?.job_id).toBe(first.job_id);
  });

  it('is bought again when no_cache says so', async () => {
    await world.runReusing();
    const second = await world.runReusing({ no_cache: true });
    expect(second.bought).toEqual([ALL]);
    expect(second.results).toMatchObject({ stored: ALL, reused: 0, reused_saved_usd: 0, rounds: 1 });
  });

  it('is bought again from another model', async () => {
    await world.runReusing();
    const second = await world.runReusing({ model: 'claude-haiku-4-5' });
    expect(second.bought).toEqual([ALL]);
    // and what each model wrote stays its own
    expect((await world.runReusing()).bought).toEqual([]);
    expect((await world.runReusing({ model: 'claude-haiku-4-5' })).bought).toEqual([]);
  });
});

describe('a report of which something has changed', () => {
  it('has only those sections bought that a changed vote touches', async () => {
    const first = await world.runReusing();
    const votes = world.data.votes;
    const { pid, tid } = votes.findLast(({ vote }) => vote === POSTGRES_VOTE.agree) ?? { pid: -1, tid: -1 };
    const changed = { pid, tid, vote: POSTGRES_VOTE.disagree, created: Math.max(...votes.map((v) => v.created)) + 1 };
    const rows = await world.asked(first.job_id, 1);
    const touched = rows.filter(({ shown }) => shown.includes(tid));
    expect(touched.length).toBeGreaterThan(0);
    expect(touched.length).toBeLessThan(ALL);
    await world.withData({ votes: [...votes, changed] }, async () => {
      const second = await world.runReusing();
      expect(second.bought).toEqual([touched.length]);
      expect(second.results).toMatchObject({ planned: ALL, stored: ALL, reused: ALL - touched.length, rounds: 1 });
      // each section keeps its place in the plan
      const asked = await world.asked(second.job_id, 1);
      expect(asked.map(({ ordinal }) => ordinal)).toEqual(touched.map(({ ordinal }) => ordinal));
      const bought = second.reports.filter((row) => provenance(row).reused_from === undefined);
      expect(bought.map(({ section }) => section).sort()).toEqual(touched.map(({ section }) => section).sort());
      expect(second.reports).toHaveLength(ALL);
      expect(new Set(second.reports.map(({ timestamp }) => timestamp)).size).toBe(1);
      // the plan's price is that of what is bought
      const [all, some] = await Promise.all([first, second].map(({ job_id }) => world.deps.ledger.plan(job_id)));
      expect(some?.most_micro_usd).toBeLessThan(((all?.most_micro_usd ?? 0) * (touched.length + 1)) / ALL);
    });
  });

  it('shows nothing of the new run until the bought sections are stored too', async () => {
    const first = await world.runReusing();
    await world.removeStored(first.reports.slice(0, 3));
    const row = world.reusingRow();
    const seen: number[] = [];
    world.pace.onEvent = (_, { type, state }) => {
      if (type === 'StateEntered' && state === STATE.wait)
        void world.reports(row.job_id).then((rows) => seen.push(rows.length));
    };
    const second = await world.runRow(row);
    delete world.pace.onEvent;
    expect(second.bought).toEqual([3]);
    expect(seen.length).toBeGreaterThan(1);
    expect(new Set(seen)).toEqual(new Set([0]));
    expect(second.reports).toHaveLength(ALL);
  });

  it('splits only what is bought into batches', async () => {
    const first = await world.runReusing();
    await world.removeStored(first.reports.slice(0, 5));
    const second = await world.runReusing({ max_batch_size: 2 });
    expect(second.bought).toEqual([2, 2, 1]);
    expect(second.results).toMatchObject({ stored: ALL, reused: 10, rounds: 1 });
  });

  it('asks again for bought sections only', async () => {
    const first = await world.runReusing();
    await world.removeStored(first.reports.slice(0, 5));
    const row = world.reusingRow();
    const open = new Set(first.reports.slice(0, 5).map(({ section }) => section));
    const [one] = (await world.asked(first.job_id, 1)).filter(({ section }) => open.has(section));
    world.standIn.script.result(customId(row.job_id, 1, one?.ordinal ?? -1), { kind: 'not_json' });
    const second = await world.runRow(row);
    expect(second.bought).toEqual([5, 1]);
    expect(second.results).toMatchObject({ stored: ALL, reused: 10, rounds: 2, failed: [] });
  });

  it('fits a job budget that the whole report would not fit', async () => {
    const first = await world.runReusing();
    await world.removeStored(first.reports.slice(0, 1));
    const { most_micro_usd = 0 } = (await world.deps.ledger.plan(first.job_id)) ?? {};
    world.settings.jobBudget = most_micro_usd / 3;
    const bought = await world.runReusing({ no_cache: true });
    const reusing = await world.runReusing();
    world.settings.jobBudget = undefined;
    expect(bought.row).toMatchObject({ status: 'FAILED', error_message: expect.stringMatching(/^OverBudget/) });
    expect(reusing.results).toMatchObject({ stored: ALL, reused: ALL - 1 });
  });
});

describe('the figures of a job that reused sections', () => {
  it('count them apart from what was bought, each ending once', async () => {
    const first = await world.runReusing();
    await world.removeStored(first.reports.slice(0, 2));
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
