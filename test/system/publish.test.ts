import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import { publishStopped } from '../../lambdas/job/publish-stopped.ts';
import { customId } from '../../lambdas/shared/names.ts';
import { STATE } from '../../lib/names.ts';
import { localApp } from '../../local/page/app.ts';
import { pathOfJob } from '../../local/page/job-parts.ts';
import { appStores } from '../../local/page/stores.ts';
import { killed, lost, onNextCall } from '../support/faults.ts';
import { HOST } from '../support/page.ts';
import { bySection } from '../support/readers.ts';
import { useWorld } from '../support/use-world.ts';

const world = useWorld();
beforeEach(() => world.emptyTables());

const ALL = 15;
/** The words of a row, as the page shows them that ignores `errors`. */
const wordsOf = (row: { report_data?: string } | undefined): string =>
  JSON.parse(row?.report_data ?? '{}')
    .paragraphs.flatMap(({ sentences }: { sentences: { clauses: { text: string }[] }[] }) => sentences)
    .flatMap(({ clauses }: { clauses: { text: string }[] }) => clauses)
    .map(({ text }: { text: string }) => text)
    .join(' ');
const publishIt = (jobId: string) => publishStopped({ ...world.deps, by: 'by a test,' }, jobId);

/** Runs a job of which all sections but some fail for good. */
async function failing(stored: number[] = []) {
  const row = world.reusingRow();
  for (let ordinal = 0; ordinal < ALL; ordinal++)
    if (!stored.includes(ordinal)) world.standIn.script.result(customId(row.job_id, 1, ordinal), { kind: 'refusal' });
  return world.runRow(row);
}

/** Runs a job whose last step is lost for good after every answer is in. */
async function failingAtTheEnd() {
  onNextCall(world.deps.reports, 'writeTogether', { before: killed });
  return world.runReusing();
}

describe('a report', () => {
  it('has no row before its last section is in, and then all of them', async () => {
    const row = world.reusingRow();
    world.standIn.script.result(customId(row.job_id, 1, 2), { kind: 'not_json' });
    const seen: number[] = [];
    world.pace.onEvent = (_, { type, state }) => {
      if (type === 'StateEntered' && state !== STATE.jobCompleted)
        void world.reports(row.job_id).then((rows) => seen.push(rows.length));
    };
    const job = await world.runRow(row);
    expect(job.results.rounds).toBe(2);
    expect(seen.length).toBeGreaterThan(8);
    expect(new Set(seen)).toEqual(new Set([0]));
    expect(job.reports).toHaveLength(ALL);
  });

  it('is not touched by a job that fails, and names nothing of it', async () => {
    const failed = await failing();
    expect(failed.row).toMatchObject({ status: 'FAILED', error_message: expect.stringMatching(/^NothingStored: /) });
    expect(failed.reports).toEqual([]);
  });

  it('is not touched by a job that is cancelled when every answer is in', async () => {
    const row = world.reusingRow();
    onNextCall(world.deps.spending, 'settle', { after: () => world.setCancelled(row) });
    const job = await world.runRow(row);
    expect(job.row).toMatchObject({ status: 'FAILED', withdrawn_reason: 'cancelled' });
    expect(job.results).toMatchObject({ stored: ALL });
    expect(job.reports).toEqual([]);
    expect((await world.runReusing()).bought).toEqual([]);
  });

  it.each(['before', 'after'] as const)(
    'has the same rows when the process is lost %s it is published',
    async (when) => {
      onNextCall(world.deps.reports, 'writeTogether', { [when]: lost });
      const job = await world.runReusing();
      expect(job.row.status).toBe('COMPLETED');
      expect(job.reports).toHaveLength(ALL);
    },
  );
});

describe('a gap of a report', () => {
  it('has a row that says why: for operators by its name, for readers in a sentence', async () => {
    const row = world.reusingRow();
    world.standIn.script.result(customId(row.job_id, 1, 4), { kind: 'refusal' });
    const job = await world.runRow(row);
    const [failed] = job.results.failed;
    const gap = bySection(job.reports).get(failed.section);
    expect(gap?.errors).toBe('refusal: the model refused to answer');
    expect(wordsOf(gap)).toBe('This part of the report could not be written: the model refused to answer.');
    expect(JSON.parse(gap?.report_data ?? '').paragraphs[0].sentences[0].clauses[0].citations).toEqual([]);
  });

  it('of a topic that no comment belongs to has one, too, so that no other topic is shown in its place', async () => {
    const { conversations } = world.deps;
    const { comments } = conversations;
    const [first] = (await world.sections((await world.runReusing()).job_id)).filter(({ kind }) => kind === 'topic');
    conversations.comments = async (...of) =>
      (await comments.apply(conversations, of)).map((comment) => ({
        ...comment,
        selected: !first?.shown.includes(comment.tid) && comment.selected,
      }));
    const job = await world.runReusing();
    conversations.comments = comments;
    const why = expect.stringMatching(
      /^All \d+ comments of this topic are left out by moderation or by the report's owner\.$/,
    );
    expect(job.results.left_out).toContainEqual({ title: first?.title, why });
    expect(job.results.comments_left_out).toMatchObject({ rejected: 6, meta: 4 });
    expect(job.results.comments_left_out.deselected).toBeGreaterThanOrEqual(first?.shown.length ?? 0);
    const gap = bySection(job.reports).get(first?.section ?? '');
    expect(gap?.errors).toMatch(/^no_comments: /);
    expect(wordsOf(gap)).toEqual(why);
    expect(gap?.metadata).toMatchObject({ provider: 'anthropic', topic_name: first?.title });
  });
});

describe('answers that do not say whose they are', () => {
  /** Takes the custom ids off some answers of the first batch. */
  function namelessAnswers(...ordinals: number[]) {
    const row = world.reusingRow();
    for (const ordinal of ordinals)
      world.standIn.script.result(customId(row.job_id, 1, ordinal), { kind: 'null_custom_id' });
    return row;
  }

  it('are not published beside the sections that were asked again and came', async () => {
    const job = await world.runRow(namelessAnswers(2, 5));
    expect(job.bought).toEqual([ALL, 2]);
    expect(job.reports).toHaveLength(ALL);
    expect(job.results).toMatchObject({ stored: ALL, failed: [] });
    const kept = await world.ledgerRows(job.job_id, 'unfiled#');
    expect(kept.map(({ filed_as }) => filed_as).sort()).toEqual(['topic_1', 'topic_2']);
  });

  it('are published under names of their own when none of these came', async () => {
    const row = namelessAnswers(2, 5);
    for (const round of [2, 3])
      for (const ordinal of [2, 5])
        world.standIn.script.result(customId(row.job_id, round, ordinal), { kind: 'refusal' });
    const job = await world.runRow(row);
    const names = job.reports.map(({ section }) => section);
    expect(names).toEqual(expect.arrayContaining(['topic_1', 'topic_2']));
    expect(job.reports).toHaveLength(ALL + 2);
  });
});

describe('what a stopped job has', () => {
  it('is published when a person decides so, as the newest report, with every gap named', async () => {
    const before = await world.runReusing();
    await world.forgetAnswers(await world.sections(before.job_id));
    const failed = await failingAtTheEnd();
    expect(failed.row.status).toBe('FAILED');
    world.passTime(3_600);
    const newest = await world.runReusing({ no_cache: true });
    world.passTime(60);
    expect(await publishIt(failed.job_id)).toMatchObject({ kind: 'published', stored: ALL, planned: ALL });
    const rows = await world.reports(failed.job_id);
    expect(rows).toHaveLength(ALL);
    for (const other of [before, newest])
      expect((rows[0]?.timestamp ?? '') > (other.reports[0]?.timestamp ?? '')).toBe(true);
    const row = await world.rowOf(failed);
    expect(row).toMatchObject({ status: 'FAILED' });
    expect(String(row.logs)).toContain('published by a test, with 15 of 15 sections');
  });

  it('is published by the button of the page of jobs, which then says so and has no such button', async () => {
    const { job_id } = await failingAtTheEnd();
    const page = localApp({
      ...appStores(world.db, world.deps, true),
      stage: '',
      maySpend: true,
      busy: () => undefined,
      onJob: () => undefined,
      loaded: [],
      changes: new EventEmitter(),
    });
    const path = pathOfJob(job_id);
    const headers = { host: HOST, origin: `http://${HOST}`, 'sec-fetch-site': 'same-origin' };
    const shown = async () => (await page.request(`http://${HOST}${path}`, { headers })).text();
    expect(await shown()).toContain(`action="${path}/publish"`);
    const answer = await page.request(`http://${HOST}${path}/publish`, { method: 'POST', headers });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, path]);
    expect(await world.reports(job_id)).toHaveLength(ALL);
    expect(await shown()).toContain('A person has published what it has');
    expect(await shown()).not.toContain(`action="${path}/publish"`);
  });

  it('is published twice with the same rows', async () => {
    const failed = await failingAtTheEnd();
    await publishIt(failed.job_id);
    const rows = await world.reports(failed.job_id);
    world.passTime(60);
    await publishIt(failed.job_id);
    expect(await world.reports(failed.job_id)).toEqual(rows);
  });

  it('is completed under the same timestamp when the job goes on', async () => {
    const failed = await failingAtTheEnd();
    world.passTime(60);
    await publishIt(failed.job_id);
    const rows = await world.reports(failed.job_id);
    world.passTime(3_600);
    await world.putBack(failed);
    expect(await world.rowOf(failed)).toMatchObject({ status: 'COMPLETED' });
    expect(await world.reports(failed.job_id)).toEqual(rows);
  });

  it('says of a section that was never answered that the job ended before', async () => {
    world.processing.finishedShare = 0.4;
    world.processing.secondsToCancel = 10;
    const row = world.reusingRow();
    onNextCall(world.deps.batches, 'status', { before: () => world.setCancelled(row) });
    const cancelled = await world.runRow(row);
    const stored = cancelled.results.stored as number;
    expect(await publishIt(row.job_id)).toMatchObject({ kind: 'published', stored, planned: ALL });
    const rows = await world.reports(row.job_id);
    expect(rows.filter(({ errors }) => errors !== undefined)).toHaveLength(ALL - stored);
  });

  it.each([
    ['a job that nobody knows', async () => 'unknown-job', { kind: 'unknown' }],
    ['a job that is COMPLETED', async () => (await world.runReusing()).job_id, { kind: 'refused' }],
  ])('is not published of %s', async (_, jobId, answer) => {
    expect(await publishIt(await jobId())).toMatchObject(answer);
  });

  it('is not published of a job that is under way, or that planned nothing', async () => {
    const waiting = world.reusingRow();
    await world.deps.jobs.putNew(waiting);
    expect(await publishIt(waiting.job_id)).toMatchObject({ kind: 'refused', why: expect.stringContaining('PENDING') });
    const refused = await world.run({ job_config: '{"max_batch_size": "many"}' });
    expect(await publishIt(refused.job_id)).toMatchObject({ kind: 'refused', why: expect.stringContaining('no plan') });
  });

  it('is not published where no section has an answer', async () => {
    const failed = await failing();
    await expect(publishIt(failed.job_id)).rejects.toMatchObject({ name: 'NothingStored' });
    expect(await world.reports(failed.job_id)).toEqual([]);
  });
});
