import { describe, expect, it } from 'vitest';
import { customId } from '../../lambdas/shared/names.ts';
import { unpack } from '../../lambdas/shared/packed.ts';
import { STATE, TABLE_NAMES } from '../../lib/names.ts';
import { useWorld } from '../support/use-world.ts';
import type { World } from '../support/world.ts';

const world = useWorld();

type Fault = Parameters<World['standIn']['script']['result']>[1];

/** Runs a job of which one section's answers go wrong. @param times rounds in which they do */
async function runWith(fault: Fault, times = 1, ordinals = [3]) {
  const row = world.jobRow();
  for (const ordinal of ordinals) {
    for (let round = 1; round <= times; round++)
      world.standIn.script.result(customId(row.job_id, round, ordinal), fault);
  }
  await world.putJob(row);
  await world.settle();
  return world.ended(row.job_id);
}

const ledgerRow = async (jobId: string, entry: string) =>
  (await world.all(TABLE_NAMES.ledger)).find((row) => row.job_id === jobId && row.entry === entry);

const batchesSince = (count: number) =>
  world.standIn
    .batches()
    .slice(count)
    .map(({ requests }) => requests.length);

describe('an answer that may be better the next time is asked for again, and it alone', () => {
  it.each<[string, Fault]>([
    ['errored', { kind: 'errored' }],
    ['expired', { kind: 'expired' }],
    ['missing', { kind: 'missing' }],
    ['truncated', { kind: 'max_tokens' }],
    ['not_json', { kind: 'not_json' }],
    ['wrong_shape', { kind: 'wrong_shape' }],
    ['unshown_citation', { kind: 'foreign_citations' }],
    ['unfinished', { kind: 'pause_turn' }],
    ['missing', { kind: 'malformed_line' }],
  ])('%s', async (reason, fault) => {
    const before = world.standIn.batches().length;
    const job = await runWith(fault);
    expect(job.row.status).toBe('COMPLETED');
    expect(job.results).toMatchObject({ planned: 15, stored: 15, failed: [], rounds: 2 });
    expect(batchesSince(before)).toEqual([15, 1]);
    expect(await ledgerRow(job.job_id, 'answered#1#000003')).toMatchObject({ kind: 'ask_again', reason });
    expect(job.states.filter((state) => state === STATE.submitBatch)).toHaveLength(2);
  });

  it('a truncated answer is asked for again with more max_tokens', async () => {
    const job = await runWith({ kind: 'max_tokens' });
    const first = (await world.asked(job.job_id, 1)).find(({ ordinal }) => ordinal === 3);
    const [second] = await world.asked(job.job_id, 2);
    expect([first?.max_tokens, second?.max_tokens]).toEqual([8_000, 16_000]);
    expect(second?.custom_id).not.toBe(first?.custom_id);
  });

  it('after three rounds the section is named as a gap and gets a row with errors', async () => {
    const job = await runWith({ kind: 'not_json' }, 3);
    const section = (await ledgerRow(job.job_id, 'section#000003'))?.section as string;
    expect(job.row.status).toBe('COMPLETED');
    expect(job.results).toMatchObject({
      planned: 15,
      stored: 14,
      rounds: 3,
      failed: [{ section, reason: 'not_json' }],
    });
    const gap = job.reports.find((row) => row.section === section);
    expect(gap?.errors).toContain('not_json');
    for (const round of [1, 2, 3]) expect((await ledgerRow(job.job_id, `answered#${round}#000003`))?.raw).toBeDefined();
  });
});

describe('an answer that would not get better is a named failure', () => {
  it.each<[string, Fault]>([
    ['refusal', { kind: 'refusal' }],
    ['invalid_request', { kind: 'errored', type: 'invalid_request_error' }],
    ['canceled', { kind: 'canceled' }],
    ['context_window', { kind: 'context_window' }],
  ])('%s', async (reason, fault) => {
    const before = world.standIn.batches().length;
    const job = await runWith(fault);
    expect(batchesSince(before)).toEqual([15]);
    expect(job.row.status).toBe('COMPLETED');
    expect(job.results).toMatchObject({ stored: 14, failed: [{ reason }], rounds: 1 });
    const gaps = job.reports.filter((row) => row.errors !== undefined);
    expect(gaps).toHaveLength(1);
    expect(unpack((await ledgerRow(job.job_id, 'answered#1#000003'))?.raw as Uint8Array)).toContain('custom_id');
  });

  it('a job of which no section could be written fails, and says why', async () => {
    const job = await runWith({ kind: 'refusal' }, 1, [...Array(15).keys()]);
    expect(job.row).toMatchObject({ status: 'FAILED', process_exit_confirmed: true });
    expect(job.row.error_message).toMatch(/^NothingStored: none of 15 sections could be written \(15 refusal/);
    expect(job.row.checker_schedule_failed).toBeUndefined();
    expect(job.reports).toEqual([]);
    expect(job.states.slice(-2)).toEqual([STATE.failJob, STATE.jobFailed]);
  });
});

describe('lines that do not say whose they are', () => {
  it.each(['fenced_json', 'surrounded_json'] as const)('an answer among other text (%s) is stored', async (kind) => {
    const job = await runWith({ kind });
    expect(job.results).toMatchObject({ stored: 15, rounds: 1 });
  });

  it('a line twice is stored once', async () => {
    const job = await runWith({ kind: 'duplicated' });
    expect(job.results).toMatchObject({ stored: 15, rounds: 1, unfiled_count: 0 });
    expect(job.reports).toHaveLength(15);
  });

  it('one null custom_id is filed by elimination under the one section that is unanswered', async () => {
    const job = await runWith({ kind: 'null_custom_id' });
    const section = (await ledgerRow(job.job_id, 'section#000003'))?.section;
    expect(job.results).toMatchObject({ stored: 15, rounds: 1, unfiled: [{ why: 'no_custom_id', filed_as: section }] });
    expect(job.reports.map((row) => row.section)).toContain(section);
  });

  it('two null custom_ids are kept as topic_1 and topic_2, and their sections asked again', async () => {
    const job = await runWith({ kind: 'null_custom_id' }, 1, [3, 7]);
    const filed = (await world.ledgerRows(job.job_id, 'unfiled#')).map(({ filed_as }) => filed_as);
    expect(filed.sort()).toEqual(['topic_1', 'topic_2']);
    expect(job.results).toMatchObject({ stored: 15, rounds: 2, unfiled_count: 2 });
  });

  it('a custom_id that is not ours is kept and named, never filed', async () => {
    const job = await runWith({ kind: 'foreign_custom_id', customId: 'someone_elses_1_3' });
    expect(job.results).toMatchObject({
      stored: 15,
      rounds: 2,
      unfiled: [{ why: 'unknown_custom_id', custom_id: 'someone_elses_1_3' }],
    });
    expect(job.reports).toHaveLength(15);
  });

  it('results that break off in the middle are read again, and nothing is asked for twice', async () => {
    const before = world.standIn.batches().length;
    world.standIn.script.cutResults(20_000, { times: 2 });
    const job = await world.run();
    expect(job.results).toMatchObject({ stored: 15, rounds: 1 });
    expect(batchesSince(before)).toEqual([15]);
    expect(job.reports).toHaveLength(15);
  });
});

describe('requests that were cancelled at the API', () => {
  it('are not asked for again by the same execution, though another section is', async () => {
    const row = world.jobRow();
    const before = world.standIn.batches().length;
    for (const ordinal of [1, 2]) world.standIn.script.result(customId(row.job_id, 1, ordinal), { kind: 'canceled' });
    world.standIn.script.result(customId(row.job_id, 1, 3), { kind: 'max_tokens' });
    await world.putJob(row);
    await world.settle();
    const job = await world.ended(row.job_id);
    expect(batchesSince(before)).toEqual([15, 1]);
    expect(job.results).toMatchObject({ stored: 13, failed: [{ reason: 'canceled' }, { reason: 'canceled' }] });
    await world.putJob({ ...job.row, status: 'PENDING', version: Number(job.row.version) + 1 });
    await world.settle();
    expect(batchesSince(before)).toEqual([15, 1, 2]);
    expect(JSON.parse(String((await world.deps.jobs.get(row.job_id))?.job_results))).toMatchObject({
      stored: 15,
      failed: [],
    });
  });
});

describe('a request that the API refuses', () => {
  it('is named with what the API said: on the row, in the report, and for whoever looks the job up', async () => {
    const fault = { kind: 'errored', type: 'invalid_request_error', message: 'prompt is\u0007too long' } as const;
    const job = await runWith(fault);
    const said = 'the API refuses this request and would refuse it again (invalid_request_error: prompt is too long)';
    expect(job.results.failed).toMatchObject([{ reason: 'invalid_request', message: said }]);
    const gap = job.reports.find(({ errors }) => errors !== undefined);
    expect(gap?.errors).toBe(`invalid_request: ${said}`);
    // readers are told in our own words
    expect(gap?.report_data).not.toContain('too long');
  });
});
