import { afterAll, beforeAll, expect, test } from 'vitest';
import { jobDetails, jobText } from '../../../cli/job.ts';
import { plainLine } from '../../../cli/print.ts';
import { reportAnswer, reportMarkdown } from '../../../cli/report.ts';
import { reportRuns, reportsText } from '../../../cli/reports.ts';
import { storedPage } from '../../../lambdas/api/report-page.ts';
import { storedReports } from '../../../lambdas/stores/reports.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { ARN, outputs } from '../../support/cli/deployed.ts';
import { reportRow } from '../../support/make.ts';
import { startWorld, type World } from '../../support/world.ts';

// one finished job serves the tests of `job`, `reports` and `report`, because its run takes seconds
let world: World;
let jobId: string;
beforeAll(async () => {
  world = await startWorld();
  jobId = (await world.run()).job_id;
});
afterAll(() => world.close());

const deployment = { ...outputs(), stack: 'DelphiNarratives', stage: '', region: 'eu-west-1' } as never;
const stored = (reportId: string) => storedReports(world.db, TABLE_NAMES.reports, reportId);

test('a finished job shows its row, batches, sections, figures and a link to its execution', async () => {
  const details = await jobDetails({ jobs: world.deps.jobs, ledger: world.deps.ledger, deployment }, jobId);
  expect(details).toMatchObject({
    job: { job_id: jobId, status: 'COMPLETED' },
    execution: `${jobId}-v1`,
    batches: [{ round: 1, part: 0, state: 'collected', requests: 15 }],
    sections: { planned: 15, stored: 15, failed: [], unfiled: 0 },
    rounds: 1,
    ended: true,
    error: null,
  });
  expect(details.console).toBe(
    `https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/${ARN.replace(':stateMachine:', ':execution:')}:${jobId}-v1`,
  );
  const text = jobText(details);
  expect(text).toContain('15 of 15 sections stored');
  expect(text).toContain(String(details.batches[0]?.batch_id));
});

test('the row of a batch shows the job that watches it', async () => {
  const rows = await world.all(TABLE_NAMES.jobs);
  const awaiting = rows.find(({ batch_job_id }) => batch_job_id === jobId);
  const details = await jobDetails(
    { jobs: world.deps.jobs, ledger: world.deps.ledger, deployment },
    String(awaiting?.job_id),
  );
  expect(details).toMatchObject({ watches_for: jobId, sections: null });
});

test('control characters do not reach the terminal', () => {
  expect(plainLine('a\u001b[31mred\u0007\nb')).toBe('a [31mred b');
});

test('the stored sections are listed by job, with their keys', async () => {
  const { report_id } = world.data.report;
  const { runs } = await reportRuns(stored, report_id, 5);
  expect(runs).toMatchObject([{ job_id: jobId, current: true }]);
  expect(runs[0]?.sections).toHaveLength(15);
  for (const { rid_section_model, section } of runs[0]?.sections ?? [])
    expect(rid_section_model.split('#').slice(0, 2)).toEqual([report_id, section]);
  const text = reportsText({ report_id, runs, more: 0 });
  expect(text).toContain('15 sections  (newest');
  for (const { title, section } of runs[0]?.sections ?? []) {
    expect(title).not.toBe(section);
    expect(text).toContain(title);
  }
});

test('the newest jobs of a report are listed, and how many more there are', async () => {
  const rows = ['a', 'b', 'c'].flatMap((job_id) => [
    reportRow({ job_id }),
    reportRow({ job_id, section: 'x\u001b[2Jy' }),
  ]);
  const { runs, more, report_id } = await reportRuns(async () => rows, 'r1', 2);
  expect({ jobs: runs.map(({ job_id, current }) => [job_id, current]), more }).toEqual({
    jobs: [
      ['c', true],
      ['b', false],
    ],
    more: 1,
  });
  const text = reportsText({ runs, more, report_id });
  expect(text).toMatch(/\n\n1 older job is not shown \(--limit\)$/);
  expect(text).not.toContain('\u001b');
  const old = await reportRuns(async () => [reportRow({ job_id: 'batch_4711_1', metadata: { zid: 4711 } })], 'r1', 2);
  expect(old.runs).toMatchObject([{ job_id: 'batch_4711_1', sections: [{ section: 'batch_re_global_groups' }] }]);
});

test('Markdown shows the votes of cited comments, and their text if it is known', async () => {
  const answer = await reportAnswer(stored, world.data.report.report_id, undefined);
  const texts = new Map(world.data.comments.map(({ tid, txt }) => [tid, txt]));
  const markdown = await reportMarkdown(world.deps.ledger, answer, texts);
  expect(markdown.match(/^<a id="section-\d+"><\/a>$/gm)).toHaveLength(15);
  const line = markdown.split('\n').find((each) => each.startsWith('[^7]: **7** '));
  expect(line).toMatch(/\(all \d+ agree \(\d+%\), \d+ disagree \(\d+%\), \d+ pass \(\d+%\); Group A \d+ agree/);
  expect(line).toContain(String(texts.get(7)).slice(0, 5));
  const without = await reportMarkdown(world.deps.ledger, answer, new Map());
  expect(without).not.toContain(texts.get(7));
  expect(without).toMatch(/^\[\^7\]: \*\*7\*\* {2}\(all/m);
});

test('the page has the votes without a database, and the texts with one', async () => {
  const answer = await reportAnswer(stored, world.data.report.report_id, undefined);
  const { ledger, jobs, conversations } = world.deps;
  const jobId = answer.current_job_id ?? '';
  const without = await storedPage(answer, jobId, { ledger, jobs });
  expect(without).toContain('The text of this comment is not in this file.');
  expect(without).toMatch(/<tr id="c7">.*?\d+% \d+% \d+%/);
  const page = await storedPage(answer, jobId, { ledger, jobs, conversations, withCost: true });
  expect(page).toContain(world.data.report.report_name);
  expect(page).toMatch(/Price<\/dt><dd>\$\d/);
  expect(page).toContain('<svg viewBox="0 0 480 340"');
});

test('a job that wrote nothing of a report is refused', async () => {
  await expect(reportAnswer(stored, world.data.report.report_id, 'nobody')).rejects.toThrow(/no section of job nobody/);
});
