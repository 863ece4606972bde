import * as z from 'zod';
import { secondsToNextCheck } from '../batch/wait.ts';
import { parseJobConfig } from '../job/config.ts';
import type { Legacy } from '../job/sections.ts';
import { isCancelledUnder, isRunBy, looseRow, readJob } from '../job/standing.ts';
import { claim } from '../job/transitions.ts';
import { REPORT_SCHEMA_VERSIONS } from '../report/shape.ts';
import { InvalidJobRow, ReportMismatch } from '../shared/errors.ts';
import { type JobState, parseJobState } from '../shared/hand-off.ts';
import type { JobRow } from '../shared/job-row.ts';
import { type BatchEntry, LEDGER_FORMAT, ledgerExpiry, type Plan } from '../shared/ledger-rows.ts';
import type { Log } from '../shared/log.ts';
import { entry, globalSection, legacyCustomId, topicSection } from '../shared/names.ts';
import { pack } from '../shared/packed.ts';
import { wholeCount } from '../shared/parse.ts';
import type { JobTable } from '../stores/jobs.ts';
import type { Ledger } from '../stores/ledger.ts';
import type { Conversations } from '../stores/postgres.ts';
import type { Topics } from '../stores/topics.ts';

export interface AdoptDeps {
  jobs: JobTable;
  ledger: Ledger;
  conversations: Conversations;
  topics: Topics;
  log: Log;
  now: () => Date;
  settings: { defaultModel: string; ledgerDays: number };
}

/** The global sections that the old pipeline knew; ours may grow. */
const OLD_GLOBAL_SECTIONS = ['groups', 'group_informed_consensus', 'uncertainty'] as const;
/** What the old pipeline's prompts were is not known. */
const LEGACY_PROMPT_VERSION = 'old-pipeline';

/**
 * "Adopt batch": adopts a batch that the old pipeline submitted and left to be watched. Its sections are worked out
 * from the topic tables, as its custom ids are cut and no list was kept.
 * @returns next: 'wait', also for a row that was cancelled under this execution: its batch is cancelled and collected; 'leave'
 * when the row belongs to another execution
 * @throws InvalidJobRow, ReportMismatch
 */
export async function adopt(deps: AdoptDeps, input: unknown): Promise<JobState> {
  const state = parseJobState(input);
  const row = (await claim(deps, state)) ?? (await readJob(deps.jobs, state.job_id));
  const loose = looseRow(row);
  if (!row || !(isRunBy(loose, state.execution) || isCancelledUnder(loose, state.execution))) {
    deps.log.info('job is not ours to run: left alone', { job_id: state.job_id });
    return { ...state, next: 'leave' };
  }
  const report_id = row.report_id ?? undefined;
  deps.log.ids?.({ report_id, batch_id: row.batch_id ?? undefined });
  if ((await deps.ledger.batches(state.job_id)).length === 0) await takeOver(deps, row);
  return { ...state, report_id, first_round: 1, round: 1, next: 'wait', wait_seconds: secondsToNextCheck(0, 0) };
}

async function takeOver(deps: AdoptDeps, row: JobRow): Promise<void> {
  const { batch_id, batch_job_id, report_id } = row;
  if (!batch_id || !batch_job_id || !report_id) {
    throw new InvalidJobRow(`row ${row.job_id} lacks batch_id, batch_job_id or report_id: fill it in, then redrive it`);
  }
  if (await deps.ledger.plan(batch_job_id)) {
    throw new InvalidJobRow(
      `batch ${batch_id} belongs to job ${batch_job_id}, which keeps its own ledger: set that job to PENDING instead`,
    );
  }
  const report = await deps.conversations.report(report_id);
  if (!report || String(report.zid) !== row.conversation_id) {
    throw new ReportMismatch(
      `report ${report_id} is missing or belongs to another conversation than row ${row.job_id}: fix the row`,
    );
  }
  const submitter = await readJob(deps.jobs, batch_job_id).catch(() => undefined);
  const now = deps.now();
  const expires_at_epoch = ledgerExpiry(now, deps.settings.ledgerDays);
  const comments = await deps.conversations.comments(report.zid, report.rid);
  const legacy: Legacy = {
    sections: candidates(row.conversation_id, batch_job_id, await deps.topics.names(row.conversation_id)),
    tids: comments.map(({ tid }) => tid),
  };
  const plan: Plan = {
    job_id: row.job_id,
    entry: entry.plan,
    format: LEDGER_FORMAT,
    report_id,
    conversation_id: row.conversation_id,
    report_job_id: batch_job_id,
    model: modelOf(row, submitter, deps.settings.defaultModel),
    max_batch_size: legacy.sections.length,
    sections: legacy.sections.length,
    report_timestamp: row.started_at || now.toISOString(),
    prompt_version: LEGACY_PROMPT_VERSION,
    schema_version: REPORT_SCHEMA_VERSIONS.plain,
    legacy: pack(JSON.stringify(legacy)),
    expires_at_epoch,
  };
  // the first status check says how many requests it has and when it was created
  const batch: BatchEntry = {
    job_id: row.job_id,
    entry: entry.batch(1, 0),
    round: 1,
    part: 0,
    state: 'submitted',
    requests: 0,
    intent_at: now.toISOString(),
    batch_id,
    expires_at_epoch,
  };
  if ((await deps.ledger.ownBatch(batch_id, batch, true)) !== 'ours') {
    throw new InvalidJobRow(
      `batch ${batch_id} is already watched for another row: there is nothing to do for row ${row.job_id}`,
    );
  }
  await deps.ledger.updatePlan(plan);
  await deps.ledger.putIntent(batch);
  deps.log.info('batch adopted', { job_id: row.job_id, batch_id, candidates: plan.sections });
}

const topicSchema = z.object({
  topic_key: z.string().min(1),
  layer_id: wholeCount.catch(0),
  cluster_id: wholeCount.catch(0),
  topic_name: z.string().catch(''),
});

/** Every section the old pipeline may have asked for: topics of all runs (it mixed them), and the global ones. */
function candidates(conversationId: string, batchJobId: string, names: readonly unknown[]): Legacy['sections'] {
  const topics = names.flatMap((value): Legacy['sections'] => {
    const row = topicSchema.safeParse(value).data;
    if (!row) return [];
    const section = topicSection(row.topic_key);
    const topic = {
      topic_key: row.topic_key,
      section,
      layer: row.layer_id,
      cluster: row.cluster_id,
      name: row.topic_name,
    };
    return [
      { section, kind: 'topic', title: row.topic_name, topic, custom_id: legacyCustomId(conversationId, section) },
    ];
  });
  const globals = OLD_GLOBAL_SECTIONS.map((kind) => {
    const section = globalSection(batchJobId, kind);
    return { section, kind, title: kind, custom_id: legacyCustomId(conversationId, section) };
  });
  return [...topics, ...globals];
}

/** The model in the key of the report rows: the one that the submitting job names. */
function modelOf(row: JobRow, submitter: JobRow | undefined, defaultModel: string): string {
  if (row.model) return row.model;
  if (submitter?.model) return submitter.model;
  try {
    return parseJobConfig(submitter?.job_config, defaultModel).model;
  } catch {
    return defaultModel;
  }
}
