import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shownTallies } from '../../lambdas/job/evidence.ts';
import { letterOf } from '../../lambdas/report/claims/claim.ts';
import type { CoverageFigures } from '../../lambdas/report/claims/trust.ts';
import { type Comment, type CommentLeftOut, LEFT_OUT_BECAUSE } from '../../lambdas/report/comments.ts';
import { defaultLabel } from '../../lambdas/report/opinion-groups.ts';
import { readOpinionMap } from '../../lambdas/report/opinion-map.ts';
import type { ReportPageInput } from '../../lambdas/report/page/input.ts';
import { reportPage } from '../../lambdas/report/page/page.ts';
import { shownTexts } from '../../lambdas/report/page/texts.ts';
import { type ReportsAnswer, reportsAnswer, type StoredReport } from '../../lambdas/report/public.ts';
import { type Tally, talliesOf } from '../../lambdas/report/votes.ts';
import type { Plan } from '../../lambdas/shared/ledger-rows.ts';
import { storedReports } from '../../lambdas/stores/reports.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import type { ConversationData } from '../conversation.ts';
import { countOf } from '../count-of.ts';
import type { Embedded } from '../embedded/embedded.ts';
import { freeFileName } from './file-name.ts';
import { type AboutReport, type CitedComment, isOrAre, markdownReport } from './markdown.ts';

/** The files of a report. */
export interface WrittenReport {
  html: string;
  markdown: string;
  json: string;
  answer: ReportsAnswer;
}

/** Who wrote a report, and from what. */
export interface Origin {
  /** one line under the title */
  note: string;
  /** no model was called: every section says so */
  simulated: boolean;
  model: string;
  /** undefined when it is not known */
  costUsd?: number | undefined;
  coverage?: CoverageFigures | undefined;
}

/** Writes a job's report as a page and as Markdown to read, and as the JSON that the web client would get. */
export async function writeReport(
  embedded: Embedded,
  data: ConversationData,
  jobId: string,
  folder: string,
  origin: Origin,
): Promise<WrittenReport> {
  const { report_id, report_name: title } = data.report;
  const made = await readReport(embedded, data, jobId, origin.simulated);
  const about: AboutReport = {
    title,
    note: origin.note,
    figures: figuresOf(data),
    groups: groupsOf(data).map(({ label }) => label),
    method: data.derivation ?? [],
    warnings: data.warnings ?? [],
    ...leftOutOf(made.plan, data),
  };
  mkdirSync(folder, { recursive: true });
  const name = join(folder, freeFileName(folder, title, dateOf(made.answer), report_id));
  const [html, markdown, json] = [`${name}.html`, `${name}.md`, `${name}.json`];
  replace(html, reportPage(pageInput(data, made, origin)));
  replace(markdown, markdownReport(about, made.answer, shownComments(data, made.tallies)));
  replace(json, `${JSON.stringify(made.answer, null, 2)}\n`);
  return { html, markdown, json, answer: made.answer };
}

interface MadeReport {
  answer: ReportsAnswer;
  plan: Plan | undefined;
  tallies: Map<number, Tally[]>;
}

async function readReport(
  { db, world: { ledger } }: Embedded,
  { report: { report_id } }: ConversationData,
  jobId: string,
  simulated: boolean,
): Promise<MadeReport> {
  const rows = await storedReports(db, TABLE_NAMES.reports, report_id);
  const answer = reportsAnswer(report_id, simulated ? rows.map(markSimulated) : rows, { jobId });
  return { answer, plan: await ledger.plan(jobId), tallies: await shownTallies(ledger, jobId) };
}

/** When the newest section was written. */
const dateOf = ({ available_runs }: ReportsAnswer): string =>
  available_runs.find(({ isCurrent }) => isCurrent)?.latest_timestamp ?? '';

function pageInput(
  data: ConversationData,
  { answer, plan, tallies }: MadeReport,
  { simulated, model, costUsd, coverage }: Origin,
): ReportPageInput {
  const { inNoSection } = leftOutOf(plan, data);
  const mostVoted = inNoSection?.mostVoted ?? [];
  return {
    reportId: data.report.report_id,
    title: data.report.report_name,
    date: dateOf(answer),
    conversationUrl: data.url,
    counts: {
      participants: data.conversation.participant_count,
      votes: voteCountOf(data),
      comments: data.comments.length,
    },
    reports: answer.reports,
    texts: shownTexts(commentsOf(data), {
      mod_level: data.report.mod_level ?? ALL_COMMENTS,
      include_moderation: false,
      exclude_comment_selections: true,
    }),
    tallies: new Map([...tallies, ...mostVoted.map(({ tid, tallies }) => [tid, tallies] as const)]),
    groups: groupsOf(data),
    map: mapOf(data),
    model,
    promptVersion: plan?.prompt_version,
    costUsd,
    coverage,
    simulated,
    language: data.language,
    method: data.derivation ?? [],
    warnings: data.warnings ?? [],
    leftOut: plan?.comments_left_out ?? {},
    inNoSection: { count: inNoSection?.count ?? 0, mostVoted: mostVoted.map(({ tid }) => tid) },
  };
}

/** `mod_level` of a report that shows every comment. */
const ALL_COMMENTS = -2;

const commentsOf = ({ comments, selections }: ConversationData): Comment[] => {
  const deselected = new Set(selections.filter(({ selection }) => selection === -1).map(({ tid }) => tid));
  return comments.map(({ tid, txt, mod, active, is_meta }) => ({
    tid,
    txt,
    mod,
    active,
    is_meta,
    selected: !deselected.has(tid),
  }));
};

function mapOf({ math }: ConversationData) {
  const { 'base-clusters': bases, 'group-clusters': group_clusters } = math.data;
  return readOpinionMap({
    base_ids: bases.id,
    base_x: bases.x,
    base_y: bases.y,
    base_counts: bases.count,
    group_clusters,
  });
}

/** Marks a section as not written by a model. */
export const markSimulated = (row: StoredReport): StoredReport => ({
  ...row,
  metadata: { ...(row.metadata ?? {}), simulated: true },
});

const groupsOf = ({ math }: ConversationData): { letter: string; label: string; size: number }[] =>
  Object.entries(math.data['group-votes'])
    .map(([gid, group]) => ({ gid: Number(gid), size: group['n-members'] }))
    .sort((a, b) => a.gid - b.gid)
    .map(({ gid, size }) => ({ letter: letterOf(gid), label: defaultLabel(gid), size }));

function figuresOf(data: ConversationData): string[] {
  const { conversation, comments } = data;
  const groups = groupsOf(data);
  const alone = conversation.participant_count - groups.reduce((sum, { size }) => sum + size, 0);
  return [
    countOf(comments.length, 'comment'),
    countOf(conversation.participant_count, 'participant'),
    countOf(voteCountOf(data), 'vote'),
    ...groups.map(({ label, size }) => `${label}: ${peopleOf(size)}`),
    ...(alone > 0 ? [`${peopleOf(alone)} in no group`] : []),
  ];
}

/** The votes that count: of several by one person on one comment only the last does. */
const voteCountOf = ({ participants }: ConversationData): number =>
  participants.reduce((sum, { vote_count }) => sum + vote_count, 0);

const peopleOf = (count: number): string => (count === 1 ? '1 person' : `${count.toLocaleString('en')} people`);

/** What the plan of a job says of the comments that its report does not show. */
function leftOutOf(
  plan: Plan | undefined,
  { comments }: ConversationData,
): Pick<AboutReport, 'leftOut' | 'inNoSection'> {
  const { comments_left_out: counts = {}, in_no_section } = plan ?? {};
  const text = new Map(comments.map(({ tid, txt }) => [tid, txt]));
  const reasons = Object.keys(LEFT_OUT_BECAUSE) as CommentLeftOut[];
  return {
    leftOut: reasons.flatMap((reason) => {
      const count = counts[reason];
      return count ? [`${isOrAre(count, 'comment')} ${LEFT_OUT_BECAUSE[reason]}.`] : [];
    }),
    inNoSection: {
      count: in_no_section?.count ?? 0,
      mostVoted: (in_no_section?.most_voted ?? []).map((kept) => ({
        tid: kept.tid,
        txt: text.get(kept.tid) ?? '',
        tallies: talliesOf(kept),
      })),
    },
  };
}

/** Replaces a file in one step, so that nobody reads half of it. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

/** Text and tallies, as the model was shown them. */
function shownComments(data: ConversationData, shown: ReadonlyMap<number, Tally[]>): Map<number, CitedComment> {
  const text = new Map(data.comments.map(({ tid, txt }) => [tid, txt]));
  return new Map([...shown].map(([tid, tallies]) => [tid, { txt: text.get(tid) ?? '', tallies }]));
}
