import type { TalliedComment } from '../domain/comments.ts';
import { type Estimate, estimateCost } from '../domain/cost.ts';
import { ConversationNotReady, UnknownModel } from '../domain/errors.ts';
import type { JobConfig } from '../domain/job-config.ts';
import type { JobRow } from '../domain/job-row.ts';
import { customId, entry, promptHash } from '../domain/keys.ts';
import { type Asked, ledgerExpiry, type Plan } from '../domain/ledger-entries.ts';
import { pack } from '../domain/packed.ts';
import { FIRST_MAX_TOKENS } from '../domain/prompts/request.ts';
import { sectionPrompt } from '../domain/prompts/section-prompt.ts';
import { PROMPT_VERSION, SYSTEM_PROMPT } from '../domain/prompts/system.ts';
import { REPORT_SCHEMA_VERSION } from '../domain/report.ts';
import { leftOut, type PlannedSection, planSections } from '../domain/sections.ts';
import type { Tally } from '../domain/votes.ts';
import type { Batches, Conversations, Topics } from '../ports.ts';
import { type BudgetSettings, checkJobBudget } from './budget.ts';
import { checkReport, readConversation } from './read-conversation.ts';
import { splitIntoParts } from './split.ts';

/** A whole job, planned and priced; nothing is written or sent yet. */
export interface PlannedJob {
  plan: Plan;
  asked: Asked[];
  estimate: Estimate;
}

export interface PlanDeps {
  conversations: Conversations;
  topics: Topics;
  batches: Pick<Batches, 'knowsModel'>;
  settings: BudgetSettings & { ledgerDays: number };
  now: () => Date;
}

/**
 * Plans a job: reads the conversation, chooses sections and comments, writes prompts, prices them. Everything that can
 * be known to be wrong is found here, before anything costs money. Reads only.
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
  const prompts = sections.map((section) =>
    sectionPrompt(section, { conversationTopic: facts.topic, groups: facts.math.groups }),
  );
  const requests = prompts.map((prompt) => ({ prompt, maxTokens: FIRST_MAX_TOKENS }));
  const estimate = estimateCost(config.model, requests, SYSTEM_PROMPT);
  checkJobBudget(config, estimate, deps.settings);
  if (!(await deps.batches.knowsModel(config.model))) {
    throw new UnknownModel(
      `the Anthropic API does not know the model "${config.model}": name another in job_config, then redrive the job`,
    );
  }
  const now = deps.now();
  const plan: Plan = {
    job_id: row.job_id,
    entry: entry.plan,
    report_id: report.report_id,
    conversation_id: row.conversation_id,
    report_job_id: row.job_id,
    model: config.model,
    max_batch_size: config.max_batch_size,
    sections: sections.length,
    left_out: leftOut(sections, topics, layers),
    report_timestamp: row.started_at || now.toISOString(),
    prompt_version: PROMPT_VERSION,
    schema_version: REPORT_SCHEMA_VERSION,
    system: pack(SYSTEM_PROMPT),
    ...(estimate.expected_usd === undefined ? {} : { expected_usd: estimate.expected_usd }),
    ...(estimate.most_usd === undefined ? {} : { most_usd: estimate.most_usd }),
    expires_at_epoch: ledgerExpiry(now, deps.settings.ledgerDays),
  };
  const asked = sections.map((section, ordinal) => askedRow(plan, section, prompts[ordinal] as string, ordinal));
  return { plan, asked: splitIntoParts(asked, config.max_batch_size), estimate };
}

function askedRow(plan: Plan, section: PlannedSection, prompt: string, ordinal: number): Asked {
  const { section: name, kind, title, topic, comments } = section;
  return {
    job_id: plan.job_id,
    entry: entry.asked(1, ordinal),
    section: name,
    kind,
    title,
    ...(topic ? { topic } : {}),
    ordinal,
    round: 1,
    part: 0,
    custom_id: customId(plan.job_id, 1, ordinal),
    max_tokens: FIRST_MAX_TOKENS,
    shown: comments.map(({ tid }) => tid),
    tallies: pack(JSON.stringify(comments.map(tallyOf))),
    prompt: pack(prompt),
    prompt_hash: promptHash(SYSTEM_PROMPT, prompt),
    prompt_version: plan.prompt_version,
    expires_at_epoch: plan.expires_at_epoch,
  };
}

const counts = ({ votes, agrees, disagrees, passes }: Tally) => [votes, agrees, disagrees, passes];

const tallyOf = ({ tid, all, groups }: TalliedComment) => ({ tid, all: counts(all), groups: groups.map(counts) });
