import { writeFileSync } from 'node:fs';
import * as z from 'zod';
import { storedPage } from '../lambdas/api/report-page.ts';
import { shownTallies } from '../lambdas/job/evidence.ts';
import { defaultLabel } from '../lambdas/report/opinion-groups.ts';
import { type ReportsAnswer, reportsAnswer, runIdOf } from '../lambdas/report/public.ts';
import { jobTable } from '../lambdas/stores/jobs.ts';
import { type Ledger, ledgerTable } from '../lambdas/stores/ledger.ts';
import { storedReports } from '../lambdas/stores/reports.ts';
import { type CitedComment, markdownReport } from '../local/output/markdown.ts';
import { type Context, command, REPORT_ID, reportId, text } from './command.ts';
import { openDatabase } from './connections.ts';
import { UnknownJob, UsageError } from './errors.ts';
import { type Stored, storedRows } from './reports.ts';

export const report = command({
  name: 'report',
  description: 'print a report as Markdown, as one HTML page, or as the JSON that the web client gets',
  argument: REPORT_ID,
  options: [
    ['--format <format>', 'md, html or json', 'md'],
    ['--job <JOB_ID>', 'the report of this job, instead of the newest'],
    ['--out <file>', 'write the report to this file, instead of printing it'],
  ],
  input: z.object({
    reportId,
    format: z.enum(['md', 'html', 'json'], 'should be md, html or json'),
    job: text.optional(),
    out: text.optional(),
  }),
  async run(context, { reportId, format, job, out }) {
    const { ReportsTableName } = await context.deployment();
    const stored = (id: string) => storedReports(context.cloud.db, ReportsTableName, id);
    const answer = await reportAnswer(stored, reportId, job);
    const body = await FORMATS[format](context, answer);
    if (out !== undefined) {
      writeOut(out, body);
      return { value: { report_id: reportId, written: out }, text: `report ${reportId} is written to ${out}` };
    }
    if (format === 'json') return { value: answer, text: body };
    const named = format === 'html' ? { html: body } : { markdown: body };
    return { value: { report_id: reportId, job_id: answer.current_job_id, ...named }, text: body };
  },
});

/**
 * What the web client gets: the newest run, or the one of a job.
 * @throws UnknownReport when nothing is stored; UnknownJob when the job has written nothing of this report
 */
export async function reportAnswer(
  stored: Stored,
  reportId: string,
  jobId: string | undefined,
): Promise<ReportsAnswer> {
  const rows = await storedRows(stored, reportId);
  if (jobId !== undefined && !rows.some((row) => runIdOf(row) === jobId))
    throw new UnknownJob(
      `report ${reportId} has no section of job ${jobId}: narratives reports ${reportId} lists its runs`,
    );
  return reportsAnswer(reportId, rows, jobId === undefined ? {} : { jobId });
}

type Format = (context: Context, answer: ReportsAnswer) => Promise<string>;

const FORMATS = {
  json: async (_, answer) => `${JSON.stringify(answer, null, 2)}\n`,
  md: markdown,
  html: page,
} as const satisfies Record<string, Format>;

/** The same page as that of the HTTP API, with what the report cost. */
async function page(context: Context, answer: ReportsAnswer): Promise<string> {
  const deployment = await context.deployment();
  return storedPage(answer, answer.current_job_id ?? '', {
    ledger: ledgerTable(context.cloud.db, deployment.LedgerTableName),
    jobs: jobTable(context.cloud.db, deployment.JobTableName),
    conversations: context.io.env.DATABASE_URL ? (await openDatabase(context, deployment)).conversations : undefined,
    withCost: true,
  });
}

/** Texts of comments are in the database only: they are read if DATABASE_URL says that it can be reached. */
async function markdown(context: Context, answer: ReportsAnswer): Promise<string> {
  const deployment = await context.deployment();
  const texts = new Map<number, string>();
  if (context.io.env.DATABASE_URL) {
    const { conversations } = await openDatabase(context, deployment);
    const report = await conversations.report(answer.request_report_id);
    for (const { tid, txt } of report ? await conversations.comments(report.zid, report.rid) : []) texts.set(tid, txt);
  }
  return reportMarkdown(ledgerTable(context.cloud.db, deployment.LedgerTableName), answer, texts);
}

/** @throws UsageError when the file cannot be written */
function writeOut(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new UsageError(`--out ${file} cannot be written (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    });
  }
}

/**
 * A report to read. Votes of the cited comments are shown as the model was shown them, where the ledger still has them;
 * their texts where the database was asked for them.
 * @param texts text of each comment by tid
 */
export async function reportMarkdown(
  ledger: Pick<Ledger, 'plan' | 'prompts'>,
  answer: ReportsAnswer,
  texts: ReadonlyMap<number, string>,
): Promise<string> {
  const shown = await shownTallies(ledger, answer.current_job_id ?? '');
  const comments = new Map<number, CitedComment>();
  for (const [tid, tallies] of shown) comments.set(tid, { txt: texts.get(tid) ?? '', tallies });
  const groups = Math.max(0, ...[...shown.values()].map((tallies) => tallies.length - 1));
  const sections = Object.values(answer.reports);
  const model = sections[0]?.model ?? 'an unnamed model';
  const about = {
    title: `Report ${answer.request_report_id}`,
    note: `Written by ${model} for ${answer.current_job_id ? `job ${answer.current_job_id}` : 'an unnamed job'}.`,
    figures: [`${sections.length} sections`, sections[0]?.timestamp ?? ''],
    groups: Array.from({ length: groups }, (_, gid) => defaultLabel(gid)),
    method: [],
  };
  return markdownReport(about, answer, comments);
}
