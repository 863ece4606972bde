import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shownTallies } from '../../lambdas/job/evidence.ts';
import { type CommentLeftOut, LEFT_OUT_BECAUSE } from '../../lambdas/report/comments.ts';
import { defaultLabel } from '../../lambdas/report/opinion-groups.ts';
import { type ReportsAnswer, reportsAnswer, type StoredReport } from '../../lambdas/report/public.ts';
import { tally } from '../../lambdas/report/votes.ts';
import type { Plan } from '../../lambdas/shared/ledger-rows.ts';
import { storedReports } from '../../lambdas/stores/reports.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import type { ConversationData } from '../conversation.ts';
import { countOf } from '../count-of.ts';
import type { Embedded } from '../embedded/embedded.ts';
import { type AboutReport, type CitedComment, isOrAre, markdownReport } from './markdown.ts';

/** The files of a report. */
export interface WrittenReport {
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
}

/** Writes a job's report as Markdown to read and as the JSON that the web client would get. */
export async function writeReport(
  embedded: Embedded,
  data: ConversationData,
  jobId: string,
  folder: string,
  { note, simulated }: Origin,
): Promise<WrittenReport> {
  const { report_id, report_name: title } = data.report;
  const rows = await storedReports(embedded.db, TABLE_NAMES.reports, report_id);
  const answer = reportsAnswer(report_id, simulated ? rows.map(markSimulated) : rows, { jobId });
  const comments = await shownComments(embedded, data, jobId);
  const about: AboutReport = {
    title,
    note,
    figures: figuresOf(data),
    groups: groupsOf(data).map(({ label }) => label),
    method: data.derivation ?? [],
    warnings: data.warnings ?? [],
    ...leftOutOf(await embedded.world.ledger.plan(jobId), data),
  };
  mkdirSync(folder, { recursive: true });
  const markdown = join(folder, `${report_id}.md`);
  const json = join(folder, `${report_id}.json`);
  replace(markdown, markdownReport(about, answer, comments));
  replace(json, `${JSON.stringify(answer, null, 2)}\n`);
  return { markdown, json, answer };
}

/** Marks a section as not written by a model. */
export const markSimulated = (row: StoredReport): StoredReport => ({
  ...row,
  metadata: { ...(row.metadata ?? {}), simulated: true },
});

const groupsOf = ({ math }: ConversationData): { label: string; size: number }[] =>
  Object.entries(math.data['group-votes'])
    .map(([gid, group]) => ({ gid: Number(gid), size: group['n-members'] }))
    .sort((a, b) => a.gid - b.gid)
    .map(({ gid, size }) => ({ label: defaultLabel(gid), size }));

function figuresOf(data: ConversationData): string[] {
  const { conversation, comments, participants } = data;
  const groups = groupsOf(data);
  const alone = conversation.participant_count - groups.reduce((sum, { size }) => sum + size, 0);
  return [
    countOf(comments.length, 'comment'),
    countOf(conversation.participant_count, 'participant'),
    // the votes that count: of several by one person on one comment only the last does
    countOf(
      participants.reduce((sum, { vote_count }) => sum + vote_count, 0),
      'vote',
    ),
    ...groups.map(({ label, size }) => `${label}: ${peopleOf(size)}`),
    ...(alone > 0 ? [`${peopleOf(alone)} in no group`] : []),
  ];
}

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
      mostVoted: (in_no_section?.most_voted ?? []).map(({ tid, all, groups }) => ({
        tid,
        txt: text.get(tid) ?? '',
        tallies: [all, ...groups].map(([, agrees, disagrees, passes]) => tally(agrees, disagrees, passes)),
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
async function shownComments(
  { world }: Embedded,
  data: ConversationData,
  jobId: string,
): Promise<Map<number, CitedComment>> {
  const text = new Map(data.comments.map(({ tid, txt }) => [tid, txt]));
  const shown = await shownTallies(world.ledger, jobId);
  return new Map([...shown].map(([tid, tallies]) => [tid, { txt: text.get(tid) ?? '', tallies }]));
}
