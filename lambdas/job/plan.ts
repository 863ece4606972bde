import * as z from 'zod';
import { splitIntoParts } from '../batch/split.ts';
import { expectedHits } from '../money/cache.ts';
import { type Estimate, estimateCost, estimateLaterRounds } from '../money/estimate.ts';
import { addKnown, type MicroUsd } from '../money/money.ts';
import { letterOf } from '../report/claims/claim.ts';
import type { ClaimGroup } from '../report/claims/evidence.ts';
import { type CommentLeftOut, shownComments, type TalliedComment, tallyComments } from '../report/comments.ts';
import { type OpinionMath, parseOpinionMath } from '../report/opinion-groups.ts';
import { sectionPrompt } from '../report/prompt.ts';
import { FIRST_MAX_TOKENS } from '../report/request.ts';
import { type LeftOut, type PlannedSection, planSections } from '../report/sections.ts';
import { REPORT_SCHEMA_VERSIONS } from '../report/shape.ts';
import { PROMPT_VERSION, systemPrompt } from '../report/system-prompt.ts';
import { type ClusterOfComment, checkTopicsComplete, newestTopics, type Topic } from '../report/topics.ts';
import { checkVoteSigns } from '../report/vote-signs.ts';
import type { Tally } from '../report/votes.ts';
import {
  ConversationNotReady,
  InvalidJobConfig,
  InvalidRow,
  ReportMismatch,
  TooManySections,
  UnknownModel,
} from '../shared/errors.ts';
import type { JobRow } from '../shared/job-row.ts';
import {
  type AnswerRef,
  LEDGER_FORMAT,
  ledgerExpiry,
  type Plan,
  type Prompt,
  type Request,
  type Section,
} from '../shared/ledger-rows.ts';
import type { ModelAliases, UnknownModelPolicy } from '../shared/model-aliases.ts';
import { entry, promptHash } from '../shared/names.ts';
import { pack } from '../shared/packed.ts';
import { parseOr, wholeCount, wholeNumber } from '../shared/parse.ts';
import { plainLabel } from '../shared/plain-text.ts';
import type { Batches } from '../stores/anthropic.ts';
import type { Ledger } from '../stores/ledger.ts';
import type { Conversations, ReportRecord } from '../stores/postgres.ts';
import type { Topics } from '../stores/topics.ts';
import { type BudgetSettings, checkJobBudget, mayBeUnpriced } from './budget.ts';
import type { JobConfig } from './config.ts';
import { toAsk } from './sections.ts';

/** A real report has 10 to 100 sections; a job with more than this is a mistake, and would cost a fortune. */
const MAX_SECTIONS = 10_000;

/** A whole job, planned and priced; nothing is written or sent yet. */
export interface PlannedJob {
  plan: Plan;
  sections: Section[];
  prompts: Prompt[];
  /** of the first round: sections that have no answer yet */
  requests: Request[];
  /** of what is to be bought: the first round, and what later ones are expected to add */
  estimate: Estimate & { later_rounds_micro_usd: MicroUsd | undefined };
  /** what the answers that are there already did cost; undefined when that is not known of all */
  reusedSaved: MicroUsd | undefined;
  /** for the row's log: why the model is not the one that the job names */
  notes: string[];
}

/** Which model writes a report. */
export interface ModelSettings {
  /** of jobs that name none */
  defaultModel: string;
  modelAliases: ModelAliases;
  /** what becomes of a job whose model the API does not know */
  unknownModel: UnknownModelPolicy;
}

/** What is done about claims. */
export interface ClaimSettings {
  /** of jobs that do not say: every clause has a claim, which is proven from the votes */
  claims: boolean;
  /** claims are read back from the clauses by a second request for each section */
  claimsReadBack: boolean;
}

export interface PlanDeps {
  conversations: Conversations;
  topics: Topics;
  ledger: Pick<Ledger, 'knownAnswers' | 'cacheUse'>;
  batches: Pick<Batches, 'knowsModel'>;
  settings: BudgetSettings & ModelSettings & ClaimSettings & { ledgerDays: number };
  now: () => Date;
}

/**
 * Plans a job: reads the conversation, chooses sections and comments, writes prompts, looks up which of them have an
 * answer, prices the rest. Everything that can be known to be wrong is found here, before anything costs money. Reads only.
 * @throws BadInput of the kind that says what to fix
 */
export async function planJob(deps: PlanDeps, row: JobRow, config: JobConfig): Promise<PlannedJob> {
  // asked meanwhile; whether the answer is needed shows later
  const known = deps.batches.knowsModel(aliasOf(deps.settings, config.model));
  known.catch(() => undefined);
  const report = await checkReport(deps.conversations, row, config);
  const facts = await readConversation(deps, row.conversation_id, report, config);
  const claims = config.claims ?? deps.settings.claims;
  const drafts = draftsOf(row.job_id, facts, config, claims);
  const { model, hashes, answers, open, estimate, served, notes } = await chooseModel(
    deps,
    drafts.sections,
    { ...config, claims },
    known,
  );
  if (open.length > 0) checkJobBudget({ ...config, model }, estimate, deps.settings);
  const now = deps.now();
  const unproven = hashes.filter((hash) => answers.get(hash)?.unproven).length;
  const plan: Plan = {
    job_id: row.job_id,
    entry: entry.plan,
    format: LEDGER_FORMAT,
    report_id: report.report_id,
    conversation_id: row.conversation_id,
    report_job_id: row.job_id,
    ...madeWith(model, claims),
    max_batch_size: config.max_batch_size,
    sections: drafts.sections.length,
    ...(config.no_cache ? { no_cache: true as const } : {}),
    reused: hashes.filter((hash) => isGood(answers.get(hash))).length,
    ...(unproven > 0 ? { reused_unproven: unproven } : {}),
    left_out: drafts.leftOut,
    comments_left_out: countBy([...facts.hidden.values()]),
    in_no_section: inNoSection(drafts.inNoSection),
    report_timestamp: now.toISOString(),
    system: pack(systemPrompt(claims)),
    ...(served === undefined ? {} : { cached: true as const }),
    ...(claims ? { claims: true as const } : {}),
    ...(claims && deps.settings.claimsReadBack ? { read_back: true as const } : {}),
    groups: claimGroups(facts.math),
    ...(estimate.expected_micro_usd === undefined ? {} : { expected_micro_usd: estimate.expected_micro_usd }),
    ...(estimate.most_micro_usd === undefined ? {} : { most_micro_usd: estimate.most_micro_usd }),
    // also with nothing to buy: a later round may have to
    ...(estimate.most_micro_usd === undefined && mayBeUnpriced({ ...config, model }, deps.settings)
      ? { unpriced: true as const }
      : {}),
    expires_at_epoch: ledgerExpiry(now, deps.settings.ledgerDays),
  };
  const sections = drafts.sections.map((draft) => {
    const prompt_hash = hashes[draft.ordinal] as string;
    return sectionRow(plan, draft, prompt_hash, answers.get(prompt_hash));
  });
  return {
    plan,
    sections,
    prompts: drafts.sections.map((draft) => promptRow(plan, draft)),
    requests: splitIntoParts(
      open.map(({ ordinal, prompt }) => ({ ordinal, max_tokens: FIRST_MAX_TOKENS, characters: prompt.length })),
      config.max_batch_size,
    ),
    estimate,
    reusedSaved: sections.reduce(
      (sum: MicroUsd | undefined, { reused }) => (isGood(reused) ? addKnown(sum, reused?.cost_micro_usd) : sum),
      0,
    ),
    notes,
  };
}

/** What of a job's settings its questions depend on. */
type ModelWanted = Pick<JobConfig, 'model' | 'no_cache'> & { claims: boolean };

/** What a job asks of one model. */
interface ModelChoice {
  model: string;
  /** of the sections' questions, in order of ordinal */
  hashes: string[];
  answers: ReadonlyMap<string, AnswerRef>;
  /** sections without an answer */
  open: Draft[];
  estimate: PlannedJob['estimate'];
  /** the share of the fixed part that the cache is expected to serve; undefined when it is not marked for it */
  served: number | undefined;
  /** for the row's log: why the model is not the one that the job names */
  notes: string[];
}

/**
 * The model that writes the report: the one that the job names, or what stands in for it by the settings, as long as the API knows
 * it or nothing is to be bought; else the default model, unless the settings refuse that.
 * @throws UnknownModel
 */
async function chooseModel(
  deps: PlanDeps,
  drafts: readonly Draft[],
  config: ModelWanted,
  known: Promise<boolean>,
): Promise<ModelChoice> {
  const { unknownModel, defaultModel } = deps.settings;
  const wanted = aliasOf(deps.settings, config.model);
  const notes =
    wanted === config.model ? [] : [`model ${plainLabel(config.model)}: ${wanted} is used in its place (modelAliases)`];
  const choice = await asked(deps, drafts, config, wanted, notes);
  if (choice.open.length === 0 || (await known)) return choice;
  const fallback = aliasOf(deps.settings, defaultModel);
  if (unknownModel === 'refuse' || fallback === wanted) throw unknown(`"${plainLabel(wanted)}"`);
  notes.push(`the Anthropic API does not know the model ${plainLabel(wanted)}: the default model ${fallback} is used`);
  const second = await asked(deps, drafts, config, fallback, notes);
  if (second.open.length === 0 || (await deps.batches.knowsModel(fallback))) return second;
  throw unknown(`"${plainLabel(wanted)}", nor the default model "${fallback}"`);
}

const aliasOf = ({ modelAliases }: Pick<ModelSettings, 'modelAliases'>, model: string): string =>
  modelAliases.get(model) ?? model;

const unknown = (models: string) =>
  new UnknownModel(
    `the Anthropic API does not know the model ${models}: name another in job_config or in the settings, then redrive the job`,
  );

async function asked(
  deps: PlanDeps,
  drafts: readonly Draft[],
  { no_cache, claims }: ModelWanted,
  model: string,
  notes: string[],
): Promise<ModelChoice> {
  const text = systemPrompt(claims);
  const hashes = drafts.map(({ prompt }) => promptHash(madeWith(model, claims), text, prompt));
  const [answers, uses] = await Promise.all([
    no_cache ? NO_ANSWERS : deps.ledger.knownAnswers(hashes, deps.now()),
    deps.ledger.cacheUse(model),
  ]);
  const questions = drafts.map((draft, at) => ({ ...draft, prompt_hash: hashes[at] as string }));
  const open = toAsk(questions, ({ prompt_hash }) => !answers.has(prompt_hash));
  const requests = open.map(({ prompt }) => ({ prompt, maxTokens: FIRST_MAX_TOKENS }));
  const served = expectedHits(uses);
  const system = { text, served };
  const first = estimateCost(model, requests, system, deps.now());
  const unproven = questions.filter(({ prompt_hash }) => answers.get(prompt_hash)?.unproven);
  const later = { checked: claims, readBack: claims && deps.settings.claimsReadBack };
  const later_rounds_micro_usd = estimateLaterRounds(model, [...open, ...unproven], system, later, deps.now());
  const estimate = {
    ...first,
    later_rounds_micro_usd,
    expected_micro_usd: addKnown(first.expected_micro_usd, later_rounds_micro_usd),
  };
  return { model, hashes, answers, open, estimate, served, notes };
}

const NO_ANSWERS: ReadonlyMap<string, AnswerRef> = new Map();

/** An answer with which nothing is left to ask. */
const isGood = (answer: AnswerRef | undefined): boolean => answer !== undefined && !answer.unproven;

const claimGroups = ({ groups }: OpinionMath): ClaimGroup[] =>
  groups.map(({ gid, label, pids }) => ({ letter: letterOf(gid), label, size: pids.length }));

const madeWith = (model: string, claims: boolean) => ({
  model,
  prompt_version: PROMPT_VERSION,
  schema_version: REPORT_SCHEMA_VERSIONS[claims ? 'claims' : 'plain'],
});

/** A section with its prompt. */
interface Draft {
  ordinal: number;
  section: PlannedSection;
  prompt: string;
}

/** @throws ConversationNotReady, TooManySections */
function draftsOf(
  jobId: string,
  facts: ConversationFacts,
  config: JobConfig,
  claims: boolean,
): { sections: Draft[]; leftOut: LeftOut[]; inNoSection: TalliedComment[] } {
  const { comments, topics, clusters, size: conversationSize, math, hidden } = facts;
  const { layers } = config;
  const groupCount = math.groups.length;
  checkLayers(layers, topics);
  const planned = planSections({ jobId, comments, conversationSize, groupCount, topics, clusters, layers, hidden });
  if (planned.sections.length === 0) {
    throw new ConversationNotReady(
      'no section has a comment to show: check moderation, deselected comments and the layers asked for',
    );
  }
  if (planned.sections.length > MAX_SECTIONS) {
    throw new TooManySections(
      `the report would have ${planned.sections.length.toLocaleString('en')} sections, and ${MAX_SECTIONS.toLocaleString('en')} are the most that a job may have (a usual report has 10 to 100): check the topic tables, or ask for fewer layers in job_config.layers`,
    );
  }
  const context = { conversationTopic: facts.topic, groups: claimGroups(math), claims };
  const sections = planned.sections.map(
    (section, ordinal): Draft => ({ ordinal, section, prompt: sectionPrompt(section, context) }),
  );
  return { ...planned, sections };
}

/** A layer that has no topics is a mistake: the report would lack what was asked for, and be paid. @throws InvalidJobConfig */
function checkLayers(layers: readonly number[] | undefined, topics: readonly Topic[]): void {
  const there = [...new Set(topics.map(({ layer }) => layer))].sort((a, b) => a - b);
  const missing = layers?.filter((layer) => !there.includes(layer)) ?? [];
  if (missing.length > 0)
    throw new InvalidJobConfig(
      `job_config.layers names layer ${missing.join(', ')}, and the conversation has topics on layer ${there.join(', ')} only: name these, or leave layers out`,
    );
}

const sectionRow = (
  plan: Plan,
  { ordinal, section: planned }: Draft,
  prompt_hash: string,
  reused: AnswerRef | undefined,
): Section => {
  const { section, kind, title, topic, comments } = planned;
  return {
    job_id: plan.job_id,
    entry: entry.section(ordinal),
    section,
    kind,
    title,
    ...(topic ? { topic } : {}),
    ordinal,
    shown: comments.map(({ tid }) => tid),
    prompt_hash,
    ...(reused ? { reused } : {}),
    expires_at_epoch: plan.expires_at_epoch,
  };
};

const promptRow = (plan: Plan, { ordinal, section, prompt }: Draft): Prompt => ({
  job_id: plan.job_id,
  entry: entry.prompt(ordinal),
  prompt: pack(prompt),
  tallies: pack(JSON.stringify(section.comments.map(tallyOf))),
  expires_at_epoch: plan.expires_at_epoch,
});

/** Comments in no section that the ledger names. */
const MAX_IN_NO_SECTION = 10;

const inNoSection = (comments: readonly TalliedComment[]): Plan['in_no_section'] => ({
  count: comments.length,
  most_voted: comments
    .filter(({ all }) => all.votes > 0)
    .slice(0, MAX_IN_NO_SECTION)
    .map(tallyOf),
});

const countBy = (reasons: readonly CommentLeftOut[]): Plan['comments_left_out'] =>
  Object.fromEntries([...Map.groupBy(reasons, (reason) => reason)].map(([reason, all]) => [reason, all.length]));

const counts = ({ votes, agrees, disagrees, passes }: Tally): [number, number, number, number] => [
  votes,
  agrees,
  disagrees,
  passes,
];

const tallyOf = ({ tid, all, groups }: TalliedComment) => ({ tid, all: counts(all), groups: groups.map(counts) });

/** Everything a report is planned from. */
export interface ConversationFacts {
  topic: string;
  math: OpinionMath;
  /** comments in the whole conversation, shown or not */
  size: number;
  comments: TalliedComment[];
  /** comments that the report leaves out, by tid */
  hidden: ReadonlyMap<number, CommentLeftOut>;
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
 * @throws ConversationNotReady, InvalidRow, VoteSignMismatch: nothing has been spent
 */
export async function readConversation(
  { conversations, topics }: { conversations: Conversations; topics: Topics },
  conversationId: string,
  report: ReportRecord,
  config: JobConfig,
): Promise<ConversationFacts> {
  const math = conversations.mathKeys(report.zid).then((keys) => parseMath(keys, report));
  const signs = conversations.voteSigns();
  const [opinions, counts, comments, names, assignments, topic] = await Promise.all([
    math,
    // counting takes longest, and needs nothing but the groups and the signs
    Promise.all([math, signs]).then(([{ groups }, known]) => conversations.groupCounts(report.zid, groups, known)),
    conversations.comments(report.zid, report.rid),
    topics.names(conversationId),
    topics.assignments(conversationId),
    conversations.topic(report.zid),
  ]);
  if (comments.length === 0) throw notReady('has no comments: wait for participants');
  const newest = newestTopics(names);
  const clusters = clustersOf(assignments, new Set(newest.map(({ layer }) => layer)));
  checkTopicsComplete(newest, clusters);
  if (counts.length === 0) throw notReady('has no votes: wait for participants');
  checkVoteSigns(counts, opinions.votes);
  const { mod_level } = report;
  const { shown, leftOut: hidden } = shownComments(comments, { ...config, mod_level });
  const tallied = tallyComments(shown, counts, opinions);
  return { topic, math: opinions, size: comments.length, comments: tallied, hidden, topics: newest, clusters };
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
