import { splitIntoParts } from '../batch/split.ts';
import { type Estimate, estimateCost } from '../money/estimate.ts';
import { addKnown, type MicroUsd } from '../money/money.ts';
import type { TalliedComment } from '../report/comments.ts';
import { FIRST_MAX_TOKENS } from '../report/prompt/request.ts';
import { type PromptContext, sectionPrompt } from '../report/prompt/section-prompt.ts';
import { PROMPT_VERSION, SYSTEM_PROMPT } from '../report/prompt/system.ts';
import { leftOut, type PlannedSection, planSections } from '../report/sections.ts';
import { REPORT_SCHEMA_VERSION } from '../report/shape.ts';
import type { Tally } from '../report/votes.ts';
import { ConversationNotReady, UnknownModel } from '../shared/errors.ts';
import type { JobRow } from '../shared/job-row.ts';
import { type Asked, ledgerExpiry, type Plan, type Reuse } from '../shared/ledger-rows.ts';
import { customId, entry, promptHash } from '../shared/names.ts';
import { pack } from '../shared/packed.ts';
import type { Batches } from '../stores/anthropic.ts';
import type { Conversations } from '../stores/postgres.ts';
import type { Reports, StoredSections } from '../stores/reports.ts';
import type { Topics } from '../stores/topics.ts';
import { type BudgetSettings, checkJobBudget, mayBeUnpriced } from './budget.ts';
import type { JobConfig } from './config.ts';
import { checkReport, readConversation } from './read-conversation.ts';
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
 * @throws BadInput of the kind that says what to mend
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
    // also with nothing to buy: a text to be reused may be gone by the time it is stored anew
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
