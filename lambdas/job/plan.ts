import * as z from 'zod';
import { splitIntoParts } from '../batch/split.ts';
import { type Estimate, estimateCost } from '../money/estimate.ts';
import { addKnown, type MicroUsd } from '../money/money.ts';
import { shownComments, type TalliedComment, tallyComments } from '../report/comments.ts';
import { type OpinionMath, parseOpinionMath } from '../report/opinion-groups.ts';
import { FIRST_MAX_TOKENS, type PromptContext, sectionPrompt } from '../report/prompt.ts';
import { leftOut, type PlannedSection, planSections } from '../report/sections.ts';
import { REPORT_SCHEMA_VERSION } from '../report/shape.ts';
import { PROMPT_VERSION, SYSTEM_PROMPT } from '../report/system-prompt.ts';
import { type ClusterOfComment, checkTopicsComplete, newestTopics, type Topic } from '../report/topics.ts';
import type { Tally } from '../report/votes.ts';
import { ConversationNotReady, InvalidRow, ReportMismatch, UnknownModel } from '../shared/errors.ts';
import type { JobRow } from '../shared/job-row.ts';
import { type Asked, ledgerExpiry, type Plan, type Reuse } from '../shared/ledger-rows.ts';
import { customId, entry, promptHash } from '../shared/names.ts';
import { pack } from '../shared/packed.ts';
import { parseOr, wholeCount, wholeNumber } from '../shared/parse.ts';
import type { Batches } from '../stores/anthropic.ts';
import type { Conversations, ReportRecord } from '../stores/postgres.ts';
import type { Reports, StoredSections } from '../stores/reports.ts';
import type { Topics } from '../stores/topics.ts';
import { type BudgetSettings, checkJobBudget, mayBeUnpriced } from './budget.ts';
import type { JobConfig } from './config.ts';
import { findReusable } from './reuse.ts';

/** A whole job, planned and priced; nothing is written or sent yet. */
export interface PlannedJob {
  plan: Plan;
  /** reused sections in round 0, those to be bought in round 1 */
  asked: Asked[];
  /** of what is to be bought */
  estimate: Estimate;
  /** what the reused sections cost when they were bought; undefined when that is not known of all */
  reusedSaved: MicroUsd | undefined;
}

export interface PlanDeps {
  conversations: Conversations;
  topics: Topics;
  reports: Pick<Reports, 'read'>;
  stored: StoredSections;
  batches: Pick<Batches, 'knowsModel'>;
  settings: BudgetSettings & { ledgerDays: number };
  now: () => Date;
}

/**
 * Plans a job: reads the conversation, chooses sections and comments, writes prompts, looks for texts that are there
 * already, prices the rest. Everything that can be known to be wrong is found here, before anything costs money. Reads only.
 * @throws BadInput of the kind that says what to fix
 */
export async function planJob(deps: PlanDeps, row: JobRow, config: JobConfig): Promise<PlannedJob> {
  const report = await checkReport(deps.conversations, row, config);
  const facts = await readConversation(deps, row.conversation_id, report, config);
  const { comments, topics, clusters, size: conversationSize } = facts;
  const groupCount = facts.math.groups.length;
  const { layers } = config;
  const sections = planSections({
    jobId: row.job_id,
    comments,
    conversationSize,
    groupCount,
    topics,
    clusters,
    layers,
  });
  if (sections.length === 0) {
    throw new ConversationNotReady(
      'no section has a comment to show: check moderation, deselected comments and the layers asked for',
    );
  }
  const drafts = sections.map((section) =>
    draftOf(section, { conversationTopic: facts.topic, groups: facts.math.groups }),
  );
  const made = { model: config.model, prompt_version: PROMPT_VERSION, schema_version: REPORT_SCHEMA_VERSION };
  const texts = config.no_cache ? NO_TEXTS : await findReusable(deps, report.report_id, made, drafts);
  const bought = drafts.filter(({ prompt_hash }) => !texts.has(prompt_hash));
  const requests = bought.map(({ prompt }) => ({ prompt, maxTokens: FIRST_MAX_TOKENS }));
  const now = deps.now();
  const estimate = estimateCost(config.model, requests, SYSTEM_PROMPT, now);
  if (bought.length > 0 && !(await deps.batches.knowsModel(config.model))) {
    throw new UnknownModel(
      `the Anthropic API does not know the model "${config.model}": name another in job_config, then redrive the job`,
    );
  }
  if (bought.length > 0) checkJobBudget(config, estimate, deps.settings);
  const plan: Plan = {
    job_id: row.job_id,
    entry: entry.plan,
    report_id: report.report_id,
    conversation_id: row.conversation_id,
    report_job_id: row.job_id,
    ...made,
    max_batch_size: config.max_batch_size,
    sections: sections.length,
    reused: drafts.length - bought.length,
    left_out: leftOut(sections, topics, layers),
    report_timestamp: row.started_at || now.toISOString(),
    system: pack(SYSTEM_PROMPT),
    ...(estimate.expected_micro_usd === undefined ? {} : { expected_micro_usd: estimate.expected_micro_usd }),
    ...(estimate.most_micro_usd === undefined ? {} : { most_micro_usd: estimate.most_micro_usd }),
    // also with nothing to buy: a text to be reused may be gone by the time it is stored again
    ...(estimate.most_micro_usd === undefined && mayBeUnpriced(config, deps.settings)
      ? { unpriced: true as const }
      : {}),
    expires_at_epoch: ledgerExpiry(now, deps.settings.ledgerDays),
  };
  const rows = drafts.map((draft, ordinal) => askedRow(plan, draft, texts.get(draft.prompt_hash), ordinal));
  const [kept, open] = [rows.filter(({ reuse }) => reuse), rows.filter(({ reuse }) => !reuse)];
  const reusedSaved = kept.map(({ reuse }) => reuse?.saved_micro_usd).reduce(addKnown, 0);
  return { plan, asked: [...kept, ...splitIntoParts(open, config.max_batch_size)], estimate, reusedSaved };
}

const NO_TEXTS: ReadonlyMap<string, Reuse> = new Map();

/** A section with its prompt. */
interface Draft {
  section: PlannedSection;
  prompt: string;
  prompt_hash: string;
  shown: number[];
}

function draftOf(section: PlannedSection, context: PromptContext): Draft {
  const prompt = sectionPrompt(section, context);
  const shown = section.comments.map(({ tid }) => tid);
  return { section, prompt, prompt_hash: promptHash(SYSTEM_PROMPT, prompt), shown };
}

function askedRow(plan: Plan, draft: Draft, reuse: Reuse | undefined, ordinal: number): Asked {
  const { section: name, kind, title, topic, comments } = draft.section;
  const round = reuse ? 0 : 1;
  return {
    job_id: plan.job_id,
    entry: entry.asked(round, ordinal),
    section: name,
    kind,
    title,
    ...(topic ? { topic } : {}),
    ordinal,
    round,
    part: 0,
    custom_id: customId(plan.job_id, round, ordinal),
    max_tokens: FIRST_MAX_TOKENS,
    shown: draft.shown,
    tallies: pack(JSON.stringify(comments.map(tallyOf))),
    prompt: pack(draft.prompt),
    prompt_hash: draft.prompt_hash,
    prompt_version: plan.prompt_version,
    ...(reuse ? { reuse } : {}),
    expires_at_epoch: plan.expires_at_epoch,
  };
}

const counts = ({ votes, agrees, disagrees, passes }: Tally) => [votes, agrees, disagrees, passes];

const tallyOf = ({ tid, all, groups }: TalliedComment) => ({ tid, all: counts(all), groups: groups.map(counts) });

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
      `job_config.report_id ${config.report_id} is not the row's report_id ${reportId}: fix one of them`,
    );
  }
  const report = await conversations.report(reportId);
  if (!report)
    throw new ReportMismatch(
      `report ${reportId} is not in PostgreSQL's reports table: check report_id and the database the job reads`,
    );
  if (String(report.zid) !== row.conversation_id) {
    throw new ReportMismatch(
      `report ${reportId} belongs to another conversation than the job's conversation_id: fix the row`,
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
