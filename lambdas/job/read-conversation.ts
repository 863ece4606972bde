import * as z from 'zod';
import { shownComments, type TalliedComment, tallyComments } from '../report/comments.ts';
import { type OpinionMath, parseOpinionMath } from '../report/opinion-groups.ts';
import { type ClusterOfComment, checkTopicsComplete, newestTopics, type Topic } from '../report/topics.ts';
import { ConversationNotReady, InvalidRow, ReportMismatch } from '../shared/errors.ts';
import type { JobRow } from '../shared/job-row.ts';
import { parseOr, wholeCount, wholeNumber } from '../shared/parse.ts';
import type { Conversations, ReportRecord } from '../stores/postgres.ts';
import type { Topics } from '../stores/topics.ts';
import type { JobConfig } from './config.ts';

/** Everything a report is planned from. */
export interface ConversationFacts {
  topic: string;
  math: OpinionMath;
  /** comments in the whole conversation, shown or not */
  size: number;
  comments: TalliedComment[];
  topics: Topic[];
  clusters: ClusterOfComment;
}

/**
 * Finds the report row and checks that it belongs to the job's conversation.
 * @throws ReportMismatch
 */
export async function checkReport(
  conversations: Conversations,
  row: Pick<JobRow, 'report_id' | 'conversation_id'>,
  config: Pick<JobConfig, 'report_id'>,
): Promise<ReportRecord & { report_id: string }> {
  const reportId = row.report_id ?? config.report_id;
  if (!reportId) throw new ReportMismatch('the job names no report_id: put it in again from the report page');
  if (config.report_id && config.report_id !== reportId) {
    throw new ReportMismatch(
      `job_config.report_id ${config.report_id} is not the row's report_id ${reportId}: mend one of them`,
    );
  }
  const report = await conversations.report(reportId);
  if (!report)
    throw new ReportMismatch(
      `report ${reportId} is not in PostgreSQL's reports table: check report_id and the database the job reads`,
    );
  if (String(report.zid) !== row.conversation_id) {
    throw new ReportMismatch(
      `report ${reportId} belongs to another conversation than the job's conversation_id: mend the row`,
    );
  }
  return { ...report, report_id: reportId };
}

/**
 * Reads all that a report is planned from, at most two queries of PostgreSQL at a time.
 * @throws ConversationNotReady, InvalidRow: nothing has been spent
 */
export async function readConversation(
  { conversations, topics }: { conversations: Conversations; topics: Topics },
  conversationId: string,
  report: ReportRecord,
  config: JobConfig,
): Promise<ConversationFacts> {
  const [math, comments, names, assignments, topic] = await Promise.all([
    conversations.mathKeys(report.zid).then((keys) => parseMath(keys, report)),
    conversations.comments(report.zid, report.rid),
    topics.names(conversationId),
    topics.assignments(conversationId),
    conversations.topic(report.zid),
  ]);
  if (comments.length === 0) throw notReady('has no comments: wait for participants');
  const newest = newestTopics(names);
  const clusters = clustersOf(assignments, new Set(newest.map(({ layer }) => layer)));
  checkTopicsComplete(newest, clusters);
  const counts = await conversations.groupCounts(report.zid, math.groups);
  if (counts.length === 0) throw notReady('has no votes: wait for participants');
  const shown = shownComments(comments, config);
  return { topic, math, size: comments.length, comments: tallyComments(shown, counts, math), topics: newest, clusters };
}

const notReady = (what: string) => new ConversationNotReady(`the conversation ${what}, then redrive the job`);

function parseMath(keys: unknown, report: ReportRecord): OpinionMath {
  if (keys === undefined)
    throw notReady('has no math_main row for the configured math_env: check MATH_ENV, or let the math worker run');
  return parseOpinionMath(keys, report.labels);
}

const assignmentSchema = z.looseObject({ comment_id: wholeCount });
const clusterSchema = wholeNumber.nullish();

/** Cluster assignments of the layers that have topics, by layer and tid. */
function clustersOf(rows: readonly unknown[], layers: ReadonlySet<number>): ClusterOfComment {
  const clusters: ClusterOfComment = new Map([...layers].map((layer) => [layer, new Map<number, number>()]));
  const fail = (line: string) =>
    new InvalidRow(`cluster assignment row: ${line}; let the Delphi pipeline finish, then redrive the job`);
  for (const row of rows) {
    const { comment_id: tid, ...attributes } = parseOr(assignmentSchema, row, fail);
    for (const [layer, clusterOf] of clusters) {
      const cluster = parseOr(clusterSchema, attributes[`layer${layer}_cluster_id`], fail);
      if (cluster !== null && cluster !== undefined && cluster >= 0) clusterOf.set(tid, cluster);
    }
  }
  return clusters;
}
