import type { RoundTexts } from '../../lambdas/batch/split.ts';
import type { TalliedComment } from '../../lambdas/report/comments.ts';
import type { StoredReport } from '../../lambdas/report/public.ts';
import type { Topic } from '../../lambdas/report/topics.ts';
import { tally } from '../../lambdas/report/votes.ts';
import {
  type BatchEntry,
  LEDGER_FORMAT,
  type Plan,
  type Prompt,
  type Section,
} from '../../lambdas/shared/ledger-rows.ts';
import type { Log } from '../../lambdas/shared/log.ts';
import { entry, ordinalOf } from '../../lambdas/shared/names.ts';
import { pack } from '../../lambdas/shared/packed.ts';
import type { BatchStatus } from '../../lambdas/stores/anthropic.ts';

export const JOB = 'batch_report_r1abc_1764000000_0a1b2c3d';
export const RUN = '0f0e0d0c-1111-4222-8333-444455556666';

/** A comment with ten agrees, two groups, and no measure that any global section asks for. */
export function comment(tid: number, change: Partial<TalliedComment> = {}): TalliedComment {
  const groups = [tally(6, 0, 0), tally(4, 0, 0)];
  return { tid, txt: `comment ${tid}`, all: tally(10, 0, 0), groups, extremity: 0, consensus: 0, ...change };
}

export function topic(layer: number, cluster: number): Topic {
  const section = `${RUN}_${layer}_${cluster}`;
  return { topic_key: `${RUN}#${layer}#${cluster}`, section, layer, cluster, name: `Topic ${layer}.${cluster}` };
}

export function plan(change: Partial<Plan> = {}): Plan {
  return {
    job_id: JOB,
    entry: entry.plan,
    format: LEDGER_FORMAT,
    report_id: 'r1abc',
    conversation_id: '7',
    report_job_id: JOB,
    model: 'claude-sonnet-5-5',
    max_batch_size: 20,
    sections: 3,
    report_timestamp: '2026-11-22T10:00:00.000Z',
    prompt_version: 'test',
    schema_version: 1,
    expires_at_epoch: 1_800_000_000,
    ...change,
  };
}

/** A section whose question is its own. */
export function section(ordinal: number, change: Partial<Section> = {}): Section {
  return {
    job_id: JOB,
    entry: entry.section(ordinal),
    section: `section_${ordinal}`,
    kind: 'topic',
    title: `Section ${ordinal}`,
    ordinal,
    shown: [0, 1],
    prompt_hash: `hash ${ordinal}`,
    ...change,
  };
}

/** What the model is asked and shown for a section. */
export const promptRow = (ordinal: number, prompt = `prompt ${ordinal}`): Prompt => ({
  job_id: JOB,
  entry: entry.prompt(ordinal),
  prompt: pack(prompt),
  tallies: pack('[]'),
});

/** What the requests of a round say that ask for sections by their prompts alone. */
export const promptsOf = (...rows: Prompt[]): RoundTexts => ({
  prompts: new Map(rows.map((row) => [ordinalOf(row.entry), row])),
  asked: new Map(),
});

export function batchEntry(change: Partial<BatchEntry> = {}): BatchEntry {
  return {
    job_id: JOB,
    entry: entry.batch(1, change.part ?? 0),
    round: 1,
    part: 0,
    state: 'intended',
    requests: 2,
    intent_at: '2026-11-22T10:00:00.000Z',
    expires_at_epoch: 1_800_000_000,
    ...change,
  };
}

/** A batch as the API shows it; `requests` of them still processing. */
export function batchStatus(id: string, requests: number, change: Partial<BatchStatus> = {}): BatchStatus {
  return {
    id,
    processing_status: 'in_progress',
    counts: { processing: requests, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
    created_at: '2026-11-22T10:00:01.000Z',
    expires_at: '2026-11-23T10:00:01.000Z',
    ...change,
  };
}

/** A PENDING job row, as small as one may be. */
export const jobRow = (change: Record<string, unknown> = {}) => ({
  job_id: JOB,
  job_type: 'CREATE_NARRATIVE_BATCH',
  status: 'PENDING',
  version: 1,
  conversation_id: '7',
  report_id: 'r1abc',
  worker_id: 'none',
  ...change,
});

/** Keeps what was logged. */
export function memoryLog() {
  const lines: { level: string; message: string; fields: Record<string, unknown> | undefined }[] = [];
  const at = (level: string) => (message: string, fields?: Record<string, unknown>) =>
    lines.push({ level, message, fields });
  const log: Log = { info: at('info'), warn: at('warn'), error: at('error') };
  return { log, lines };
}

export const REPORT = 'r4kq2mwx7';
/** Can occur in an answer only by leaking. */
export const SECRET_ZID = 90_871_263;

let second = 0;

/** A row of the reports table as this project writes it; each is a second younger than the one before. */
export function reportRow(changes: Partial<StoredReport> = {}): StoredReport {
  const section = changes.section ?? 'batch_re_global_groups';
  const model = changes.model ?? 'claude-sonnet-5-5';
  return {
    rid_section_model: `${REPORT}#${section}#${model}`,
    timestamp: new Date(Date.UTC(2026, 10, 22, 12, 0, second++)).toISOString(),
    report_id: REPORT,
    section,
    model,
    job_id: 'batch_report_r4kq2mwx7_1795348800_abcdef01',
    report_data: JSON.stringify({ id: section, title: 'Groups', paragraphs: [] }),
    metadata: { section_kind: 'groups', comments_shown: 12 },
    ...changes,
  };
}
