import { beforeEach, describe, expect, it } from 'vitest';
import { checkReport } from '../../lambdas/report/claims/check.ts';
import type { Evidence } from '../../lambdas/report/claims/evidence.ts';
import { storedReportSchema } from '../../lambdas/report/shape.ts';
import { answerRefSchema } from '../../lambdas/shared/ledger-rows.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import type { Lie } from '../../stand-in/lies.ts';
import { killed, onNextCall } from '../support/faults.ts';
import { bySection } from '../support/readers.ts';
import { useWorld } from '../support/use-world.ts';

const world = useWorld();
beforeEach(() => world.emptyTables());

const ALL = 15;
/** The first section is asked for with this custom id in round 1. */
const first = ({ custom_id }: { custom_id: string }) => custom_id.endsWith('_1_0');
const lie = (kind: Lie, stubborn = false) => world.standIn.script.result(first, { kind: 'lie', lie: kind, stubborn });

type Ended = Awaited<ReturnType<typeof world.runReusing>>;
const reportsIn = ({ reports }: Ended) =>
  reports.flatMap(({ report_data, errors }) =>
    errors === undefined ? [storedReportSchema.parse(JSON.parse(String(report_data)))] : [],
  );
/** What the job asked of the API in a round. */
const requestsOf = (round: number) =>
  world.standIn
    .batches()
    .flatMap(({ requests }) => requests.filter(({ custom_id }) => custom_id.includes(`_${round}_`)));

const messagesOf = (request: { params: Record<string, unknown> } | undefined) =>
  request?.params.messages as { role: string; content: string }[] | undefined;

/** Nothing is stored that its own votes refute. */
function expectProven(job: Ended): void {
  for (const report of reportsIn(job)) {
    const { clauses } = checkReport(report, report.evidence as Evidence);
    expect(clauses.filter(({ failure }) => failure !== undefined)).toEqual([]);
    expect(clauses.length).toBeGreaterThan(0);
  }
}

describe('a section with a clause that the votes refute', () => {
  it('is asked for again as a conversation with the reasons, and then published whole', async () => {
    lie('stance_flipped');
    const job = await world.runReusing();
    expect(job.bought).toEqual([ALL, 1]);
    expect(job.results).toMatchObject({ stored: ALL, failed: [], taken_out_count: 0, rounds: 2 });
    expectProven(job);
    const [asked, again] = [requestsOf(1).find(first), requestsOf(2).at(-1)].map(messagesOf);
    expect(again?.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(again?.[0]).toEqual(asked?.[0]);
    expect(again?.[2]?.content).toMatch(
      /paragraph \d+, sentence \d+, clause \d+.*: [MNFEDS][+-].*: comment \d+.*\d+ of \d+/,
    );
  });

  it('costs a later job nothing: the answer that was accepted is known by the first question', async () => {
    lie('stance_flipped');
    const job = await world.runReusing();
    const second = await world.runReusing();
    expect(second.bought).toEqual([]);
    expect(second.results).toMatchObject({ reused: ALL, stored: ALL });
    const texts = bySection(job.reports);
    for (const row of second.reports) expect(row.report_data).toBe(texts.get(row.section ?? '')?.report_data);
  });

  it('loses the sentence after the last round, which is counted and named', async () => {
    lie('stance_flipped', true);
    const job = await world.runReusing();
    expect(job.bought).toEqual([ALL, 1, 1]);
    expect(job.results).toMatchObject({ stored: ALL, failed: [], taken_out_count: 1, rounds: 3 });
    const [taken] = job.results.taken_out as { section: string; why: string }[];
    expect(taken?.why).toMatch(/comment \d+.*\d+ of \d+/);
    expectProven(job);
    const row = bySection(job.reports).get(taken?.section ?? '');
    expect(row?.metadata).toMatchObject({ claims: 'checked' });
    expect(JSON.parse(String(row?.report_data)).taken_out).toHaveLength(1);
    // the lesson is not paid for twice
    expect((await world.runReusing()).bought).toEqual([]);
  });

  it('is kept for later jobs no longer than the job that bought it keeps its answer', async () => {
    lie('stance_flipped', true);
    onNextCall(world.deps.reports, 'writeTogether', { before: killed });
    expect((await world.runReusing()).row.status).toBe('FAILED');
    world.passTime(10 * 86_400);
    world.standIn.script.clear();
    // the second job gets nothing better
    world.standIn.script.result(({ custom_id }) => custom_id.endsWith('_0'), { kind: 'refusal' });
    const job = await world.runReusing();
    expect(job.results).toMatchObject({ stored: ALL, reused: ALL, failed: [], taken_out_count: 1 });
    const rows = await world.all(TABLE_NAMES.ledger);
    const [known] = rows.flatMap(({ answer, expires_at_epoch }) => {
      const found = answerRefSchema.safeParse(answer).data;
      return found?.accepted ? [{ ...found, expires_at_epoch }] : [];
    });
    const bought = rows.find(({ job_id, entry }) => job_id === known?.job_id && entry === known?.entry);
    expect(known?.job_id).not.toBe(job.row.job_id);
    expect(known?.expires_at_epoch).toBe(bought?.expires_at_epoch);
  });

  it('is a gap that says why when it would lose a third of its sentences', async () => {
    lie('votes_turned', true);
    const job = await world.runReusing();
    expect(job.results).toMatchObject({ stored: ALL - 1, failed: [{ reason: 'unproven' }] });
    expect(job.reports.filter(({ errors }) => String(errors).startsWith('unproven:'))).toHaveLength(1);
    expectProven(job);
  });

  it.each<Lie>(['votes_turned', 'unknown_kind', 'unknown_group', 'all_content', 'contradictory'])(
    'is caught: %s',
    async (kind) => {
      lie(kind);
      const job = await world.runReusing();
      const [told] = world.standIn.lies().slice(-1);
      expect(told).toMatchObject({ lie: kind, told: true });
      expect(job.bought).toEqual([ALL, 1]);
      expectProven(job);
    },
  );
});

describe('claims that are read back', () => {
  beforeEach(() => {
    world.settings.claimsReadBack = true;
  });

  it('are asked of every section, from the clauses and the names of groups alone, and a later job pays nothing', async () => {
    const job = await world.runReusing();
    expect(job.bought).toEqual([ALL, ALL]);
    expect(job.results).toMatchObject({ stored: ALL, failed: [], rounds: 2 });
    const readings = requestsOf(2).slice(-ALL);
    for (const { params } of readings) expect(JSON.stringify(params.messages)).not.toMatch(/\d+ \d+ \d+ \d+|<comments/);
    expect((await world.runReusing()).bought).toEqual([]);
  });

  it('make a clause fail that is read otherwise: it is asked for again, and taken out when it comes as it was', async () => {
    world.standIn.script.result(({ custom_id }) => custom_id.endsWith('_2_0'), { kind: 'misread' });
    const job = await world.runReusing();
    // the reading of the very same clauses is known, and not paid for again
    expect(job.bought).toEqual([ALL, ALL, 1]);
    expect(job.results).toMatchObject({ stored: ALL, failed: [], taken_out_count: 1 });
    expect((job.results.taken_out as { why: string }[])[0]?.why).toContain('a second reading found another claim');
    expectProven(job);
    expect((await world.runReusing()).bought).toEqual([]);
  });

  it('leave a report as it is when a reading cannot be used', async () => {
    world.standIn.script.result(({ custom_id }) => custom_id.endsWith('_2_0'), { kind: 'not_json' });
    const job = await world.runReusing();
    expect(job.bought).toEqual([ALL, ALL]);
    expect(job.results).toMatchObject({ stored: ALL, failed: [] });
  });
});

describe('claims that are turned off', () => {
  it('are not asked for, and the report says that nothing was checked', async () => {
    world.settings.claims = false;
    const job = await world.runReusing();
    expect(job.results).toMatchObject({ stored: ALL, claims: 'off' });
    expect(JSON.stringify(requestsOf(1).slice(-ALL))).not.toContain('"claim"');
    for (const { metadata, report_data } of job.reports) {
      expect(metadata).toMatchObject({ claims: 'off' });
      expect(JSON.parse(String(report_data)).evidence).toBeUndefined();
    }
  });

  it('can be turned off by one job', async () => {
    const row = world.reusingRow();
    await world.putJob({ ...row, ...world.configured({ claims: 'off' }) });
    await world.settle();
    expect((await world.ended(row.job_id)).results).toMatchObject({ claims: 'off' });
  });
});

describe('the figures of a report', () => {
  it('say what is proven, what only tells what comments say, and how much of what people said is cited', async () => {
    const { results, reports } = await world.runReusing();
    const { claims, coverage } = results as { claims: Record<string, number>; coverage: Record<string, unknown> };
    const proven = Object.values(claims.proven ?? {}).reduce((sum, count) => sum + Number(count), 0);
    expect(proven + Number(claims.content) + Number(claims.thin)).toBe(claims.clauses);
    const inRows = reports.reduce((sum, { metadata }) => sum + Number((metadata as { clauses: number }).clauses), 0);
    expect(inRows).toBe(claims.clauses);
    expect(coverage).toMatchObject({ groups: [{ letter: 'A' }, { letter: 'B' }, { letter: 'C' }] });
    expect(coverage.voters).toMatchObject({ voters: expect.any(Number), cited: expect.any(Number) });
  });
});
