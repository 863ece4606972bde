import * as z from 'zod';
import { shownTallies } from '../job/evidence.ts';
import { reportIdSchema } from '../job/put.ts';
import { letterOf } from '../report/claims/kinds.ts';
import { coverageIn } from '../report/claims/trust.ts';
import { type OpinionMap, readOpinionMap } from '../report/opinion-map.ts';
import type { PageGroup } from '../report/page/data.ts';
import type { ReportPageInput } from '../report/page/input.ts';
import { reportPage } from '../report/page/page.ts';
import { shownTexts } from '../report/page/texts.ts';
import { type ReportsAnswer, readReports, reportsAnswer, runIdOf, type StoredReport } from '../report/public.ts';
import { allSections, readSections } from '../report/reading.ts';
import { type Tally, talliesOf } from '../report/votes.ts';
import type { Plan } from '../shared/ledger-rows.ts';
import type { Log } from '../shared/log.ts';
import { jsonOrUndefined, problems } from '../shared/parse.ts';
import type { JobTable } from '../stores/jobs.ts';
import type { Ledger } from '../stores/ledger.ts';
import type { PageConversations } from '../stores/postgres.ts';
import { type ApiAnswer, type ApiRequest, refusal } from './http.ts';

export interface ApiReportPageDeps {
  /** every row of one report, of all its runs, as the table has it */
  storedReports: (reportId: string) => Promise<readonly object[]>;
  ledger: Pick<Ledger, 'plan' | 'prompts'>;
  jobs: Pick<JobTable, 'get'>;
  conversations: Pick<PageConversations, 'report' | 'comments' | 'about'>;
  log: Log;
}

const text = z.string().max(1_000, 'must be 1000 characters at most').optional();
const askedSchema = z.object({ report_id: reportIdSchema, job_id: text });

/** `GET /api/v3/delphi/reports/{report_id}/html[?job_id=…]`: the newest run of a report, or the one asked for, as one HTML file. */
export async function answerReportPage(deps: ApiReportPageDeps, { query, params }: ApiRequest): Promise<ApiAnswer> {
  const asked = askedSchema.safeParse({ ...query, ...params });
  if (!asked.success) return refusal(400, problems(asked.error));
  const { report_id, job_id } = asked.data;
  const rows = readReports(await deps.storedReports(report_id), (damaged) =>
    deps.log.warn('report row is damaged', { report_id, ...damaged }),
  );
  const answer = reportsAnswer(report_id, rows, job_id ? { jobId: job_id } : {});
  const sections = Object.keys(answer.reports).length;
  deps.log.info('report page read', { report_id, job_id: answer.current_job_id, sections, rows: rows.length });
  if (sections === 0) return refusal(404, 'no report with this id is written');
  const body = await storedPage(answer, jobOf(answer, rows), deps);
  return {
    status: 200,
    body,
    headers: { 'content-type': 'text/html; charset=utf-8', 'x-content-type-options': 'nosniff' },
  };
}

/** The job of an answer as the ledger knows it: the answer hides a conversation's number that is in a job id. */
const jobOf = ({ reports }: ReportsAnswer, rows: readonly StoredReport[]): string => {
  const timestamps = new Set(Object.values(reports).map(({ timestamp }) => timestamp));
  const [row] = rows.filter(({ timestamp }) => timestamps.has(timestamp)).slice(-1);
  return row ? runIdOf(row) : '';
};

/** What a page takes besides the stored sections. */
interface PageSources {
  ledger: Pick<Ledger, 'plan' | 'prompts'>;
  jobs: Pick<JobTable, 'get'>;
  /** absent: the page has no texts of comments, no map and no numbers of the conversation */
  conversations?: Pick<PageConversations, 'report' | 'comments' | 'about'> | undefined;
  /** says what the job cost, which the public does not get to know */
  withCost?: boolean;
}

/**
 * The page of a stored report. Only comments that it cites or names are in it, and none that moderators or the report's owner hide by
 * now. Votes on comments of sections that were not checked come from the ledger, where it still has them.
 * @param answer of one run, with its sections
 * @param jobId as the ledger knows it
 */
export async function storedPage(answer: ReportsAnswer, jobId: string, sources: PageSources): Promise<string> {
  const { ledger, jobs, conversations, withCost = false } = sources;
  const reportId = answer.request_report_id;
  const report = await conversations?.report(reportId);
  const unchecked = allSections(readSections(answer.reports)).some(
    ({ state, evidence }) => state === 'written' && !evidence,
  );
  const [plan, job] = await Promise.all([ledger.plan(jobId), jobs.get(jobId)]);
  const coverage = coverageIn(job?.job_results);
  const [shown, comments, about] = await Promise.all([
    unchecked || coverage?.missing.length ? shownTallies(ledger, jobId) : new Map<number, Tally[]>(),
    report ? conversations?.comments(report.zid, report.rid) : undefined,
    report ? conversations?.about(report.zid, reportId) : undefined,
  ]);
  const inNoSection = plan?.in_no_section;
  const named = (inNoSection?.most_voted ?? []).map((kept) => [kept.tid, talliesOf(kept)] as const);
  const tallies = new Map<number, Tally[]>([...shown, ...named]);
  const map = readOpinionMap(about?.map);
  const current = answer.available_runs.find(({ isCurrent }) => isCurrent);
  // a moderator who rejects a comment wants nobody to read it, also where the report's own level would show it
  const showing = {
    mod_level: report?.mod_level ?? -1,
    include_moderation: true,
    exclude_comment_selections: true,
  };
  const input: ReportPageInput = {
    reportId,
    title: about?.title || `Report ${reportId}`,
    date: current?.latest_timestamp ?? '',
    counts: {
      ...(about?.participants === undefined ? {} : { participants: about.participants }),
      ...(comments ? { comments: comments.length } : {}),
    },
    reports: answer.reports,
    texts: shownTexts(comments ?? [], showing),
    tallies,
    groups: groupsFrom(map, report?.labels ?? [], tallies),
    map,
    model: current?.model ?? '',
    promptVersion: plan?.prompt_version,
    coverage,
    costUsd: withCost ? costOf(job?.job_details) : undefined,
    simulated: false,
    leftOut: leftOutOf(plan),
    ...(inNoSection
      ? { inNoSection: { count: inNoSection.count, mostVoted: inNoSection.most_voted.map(({ tid }) => tid) } }
      : {}),
  };
  return reportPage(input);
}

const detailsSchema = z.object({ cost_usd: z.number() });

const costOf = (jobDetails: unknown): number | undefined =>
  detailsSchema.safeParse(jsonOrUndefined(String(jobDetails ?? ''))).data?.cost_usd;

const leftOutOf = (plan: Plan | undefined): NonNullable<ReportPageInput['leftOut']> => plan?.comments_left_out ?? {};

/** Groups of a report whose sections name none: as many as the votes have, with the sizes of the map where they fit. */
function groupsFrom(
  map: OpinionMap | undefined,
  labels: readonly (string | null)[],
  tallies: ReadonlyMap<number, readonly Tally[]>,
): PageGroup[] {
  const [first] = tallies.values();
  const count = first ? first.length - 1 : (map?.centers.length ?? 0);
  const fits = map?.centers.length === count;
  return Array.from({ length: count }, (_, gid): PageGroup => {
    const letter = fits ? (map.centers[gid]?.letter ?? letterOf(gid)) : letterOf(gid);
    const people = fits
      ? map.points.filter((point) => point.letter === letter).reduce((sum, point) => sum + point.count, 0)
      : undefined;
    return { letter, label: labels[gid]?.trim() ?? '', ...(people === undefined ? {} : { size: people }) };
  });
}
