import { beforeEach, describe, expect, it } from 'vitest';
import type { StoredReport } from '../../lambdas/report/public.ts';
import { StoreUnavailable } from '../../lambdas/shared/errors.ts';
import { customId } from '../../lambdas/shared/names.ts';
import { lost, onNextCall } from '../support/faults.ts';
import { bySection, provenance } from '../support/readers.ts';
import { useWorld } from '../support/use-world.ts';
import type { World } from '../support/world.ts';

const world = useWorld();
beforeEach(() => world.removeStored());

const ALL = 15;
type Ended = Awaited<ReturnType<World['runReusing']>>;

/** Sets the row of a failed job to PENDING an hour later, as a person does, and runs it to its end. */
async function putBack(job: Ended): Promise<void> {
  world.passTime(3_600);
  await world.putBack(job);
}

/** One row a section, of one timestamp, and every section there. */
function expectWhole(job: Ended, reused: number): void {
  expect(job.row).toMatchObject({ status: 'COMPLETED' });
  expect(job.results).toMatchObject({ planned: ALL, stored: ALL, reused, failed: [], unfiled_count: 0 });
  expect(job.reports).toHaveLength(ALL);
  expect(new Set(job.reports.map(({ section }) => section)).size).toBe(ALL);
  expect(new Set(job.reports.map(({ timestamp }) => timestamp)).size).toBe(1);
}

describe('a stored section that is not good', () => {
  it('is not reused when its row names a failure', async () => {
    const row = world.reusingRow();
    world.standIn.script.result(customId(row.job_id, 1, 4), { kind: 'refusal' });
    const first = await world.runRow(row);
    expect(first.results).toMatchObject({ stored: ALL - 1, failed_count: 1 });
    const second = await world.runReusing();
    expect(second.bought).toEqual([1]);
    expectWhole(second, ALL - 1);
    expect((await world.asked(second.job_id, 1)).map(({ ordinal }) => ordinal)).toEqual([4]);
  });

  const meta = (change: Record<string, unknown>) => (row: StoredReport) => ({ ...(row.metadata as object), ...change });
  it.each<[string, string, (row: StoredReport) => unknown]>([
    ['is cut off', 'report_data', (row) => row.report_data?.slice(0, 40)],
    ['is of another prompt version', 'metadata', meta({ prompt_version: '2020-01-01.1' })],
    ['has metadata of the old pipeline', 'metadata', () => '{"topic_name":"Buses"}'],
  ])('is not reused when it %s', async (_, attribute, damaged) => {
    const first = await world.runReusing();
    const bad = first.reports[6] as StoredReport;
    await world.changeStored(bad, attribute, damaged(bad));
    const second = await world.runReusing();
    expect(second.bought).toEqual([1]);
    expectWhole(second, ALL - 1);
    expect(provenance(bySection(second.reports).get(bad.section ?? ''))).not.toHaveProperty('reused_from');
  });

  it('is passed over for an older one that is', async () => {
    const first = await world.runReusing();
    const second = await world.runReusing({ no_cache: true });
    const bad = second.reports[2] as StoredReport;
    await world.changeStored(bad, 'report_data', '{');
    const third = await world.runReusing();
    expect(third.bought).toEqual([]);
    expectWhole(third, ALL);
    for (const row of third.reports) {
      const from = row.section === bad.section ? first : second;
      expect(provenance(row).reused_from?.job_id).toBe(from.job_id);
    }
  });

  it('leaves what was saved unknown when its price is', async () => {
    const first = await world.runReusing();
    const unpriced = first.reports[0] as StoredReport;
    await world.changeStored(unpriced, 'metadata', { ...(unpriced.metadata as object), cost_usd: null });
    const second = await world.runReusing();
    expect(second.results).toMatchObject({ reused: ALL, reused_saved_usd: null });
    expect(JSON.parse(String(second.row.logs)).entries.at(-1).message).toContain(
      '15 reused, which saved an unknown sum',
    );
  });
});

describe('a stored text that is gone when it should be stored again', () => {
  const onceAfterPlanning = (work: () => Promise<void>) => onNextCall(world.deps.ledger, 'writePlan', { after: work });

  it('is bought in the next round', async () => {
    const first = await world.runReusing();
    await world.removeStored(first.reports.slice(0, 3));
    onceAfterPlanning(() => world.removeStored(first.reports.slice(5, 7)));
    const second = await world.runReusing();
    expect(second.bought).toEqual([3, 2]);
    expectWhole(second, ALL - 5);
  });

  it('is bought in the next round although the step is run again', async () => {
    const first = await world.runReusing();
    await world.removeStored(first.reports.slice(0, 3));
    onceAfterPlanning(() => world.removeStored(first.reports.slice(5, 7)));
    const { ledger } = world.deps;
    const { updateBatch } = ledger;
    ledger.updateBatch = async (batch) => {
      if (batch.state !== 'collected') return updateBatch(batch);
      ledger.updateBatch = updateBatch;
      throw new StoreUnavailable('died before the batch was marked as collected');
    };
    const second = await world.runReusing();
    expect(ledger.updateBatch).toBe(updateBatch);
    expect(second.bought).toEqual([3, 2]);
    expectWhole(second, ALL - 5);
  });

  it('is bought when nothing else had to be', async () => {
    const first = await world.runReusing();
    onceAfterPlanning(() => world.removeStored(first.reports.slice(5, 7)));
    const second = await world.runReusing();
    expect(second.bought).toEqual([2]);
    expectWhole(second, ALL - 2);
  });

  it('is named as a gap when it cannot be bought either', async () => {
    const first = await world.runReusing();
    await world.removeStored(first.reports.slice(0, 3));
    onceAfterPlanning(async () => {
      await world.removeStored(first.reports.slice(5, 6));
      world.settings.jobBudget = 1;
    });
    const second = await world.runReusing();
    world.settings.jobBudget = undefined;
    expect(second.results).toMatchObject({ stored: ALL - 1, reused: ALL - 4, failed: [{ reason: 'gone' }] });
    const gap = bySection(second.reports).get(first.reports[5]?.section ?? '');
    expect(gap?.errors).toMatch(/^gone: /);
  });
});

describe('a crash of a job that reuses sections', () => {
  const allStored = () => Array.fromAsync(world.deps.stored.newest(world.data.report.report_id));
  const calls = [
    ['reports', 'read'],
    ['ledger', 'writePlan'],
    ['ledger', 'putIntent'],
    ['reports', 'write'],
    ['ledger', 'putAnswers'],
    ['ledger', 'updateBatch'],
    ['jobs', 'change'],
  ] as const;

  it.each(calls)('before or after %s.%s leaves one row a section and one paid batch', async (client, method) => {
    const first = await world.runReusing();
    for (const when of ['before', 'after'] as const) {
      const open = first.reports.slice(0, 2).map(({ section }) => section);
      await world.removeStored((await allStored()).filter(({ section }) => open.includes(String(section))));
      const restore = onNextCall(world.deps[client] as unknown as Record<string, unknown>, method, { [when]: lost });
      const job = await world.runReusing();
      restore();
      expect(job.bought).toEqual([2]);
      expectWhole(job, ALL - 2);
    }
  });

  it.each(calls.filter(([, method]) => ['writePlan', 'write', 'putAnswers'].includes(method)))(
    'before or after %s.%s leaves one row a section when nothing is bought',
    async (client, method) => {
      await world.runReusing();
      for (const when of ['before', 'after'] as const) {
        const restore = onNextCall(world.deps[client] as unknown as Record<string, unknown>, method, { [when]: lost });
        const job = await world.runReusing();
        restore();
        expect(job.bought).toEqual([]);
        expectWhole(job, ALL);
      }
    },
  );

  it('after a refusal leaves no part of a report, and is planned again', async () => {
    const first = await world.runReusing();
    await world.removeStored(first.reports.slice(0, 2));
    world.standIn.script.answer('create', 400);
    const refused = await world.runReusing();
    expect(refused.row).toMatchObject({ status: 'FAILED', error_message: expect.stringMatching(/^AnthropicRefused/) });
    expect(refused.results).toMatchObject({ planned: ALL, stored: 0, reused: 0 });
    expect(refused.reports).toEqual([]);
    await putBack(refused);
    expectWhole({ ...(await world.ended(refused.job_id)), bought: [2] }, ALL - 2);
  });

  it('that failed while storing its texts continues with its first timestamp', async () => {
    const first = await world.runReusing();
    const { ledger } = world.deps;
    const { putAnswers } = ledger;
    ledger.putAnswers = async (rows) => {
      await putAnswers(rows.slice(0, 4));
      ledger.putAnswers = putAnswers;
      throw new Error('the process was killed');
    };
    const failed = await world.runReusing();
    expect(failed.row.status).toBe('FAILED');
    await putBack(failed);
    const job = await world.ended(failed.job_id);
    expectWhole({ ...job, bought: [] }, ALL);
    expect(first.results.stored).toBe(ALL);
  });
});
