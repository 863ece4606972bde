import * as z from 'zod';
import { ReportMismatch, StoreUnavailable } from '../shared/errors.ts';
import { CREATE_BATCH } from '../shared/job-row.ts';
import { ledgerExpiry } from '../shared/ledger-rows.ts';
import type { Log } from '../shared/log.ts';
import type { ActiveJobs, GuardTimes, JobGuards, NamedJob } from '../stores/guards.ts';
import type { JobTable } from '../stores/jobs.ts';
import type { Conversations } from '../stores/postgres.ts';
import { FLAG, LAYERS, MAX_BATCH_SIZE, parseJobConfig, SIZE, TEXT } from './config.ts';

export interface PutJobDeps {
  jobs: Pick<JobTable, 'get'> & ActiveJobs;
  guards: JobGuards;
  conversations: Pick<Conversations, 'report'>;
  now: () => Date;
  /** 8 hex digits */
  randomHex: () => string;
  defaultModel: string;
  log: Log;
}

export interface PutJobAnswer {
  job_id: string;
  report_id: string;
  model: string;
  /** true: the job was there already, and nothing was put */
  deduplicated: boolean;
}

const TRIES = 8;
/** Days that an idempotency key names its job. */
const KEY_DAYS = 7;
/** Days that a guard lasts: longer than any job. */
const GUARD_DAYS = 30;

/**
 * Puts a narrative job row as the Polis server does, at most one that is under way for a report: of requests that race,
 * one puts its row and the others are given its id. A row that the server put by itself counts as soon as the index of
 * the job table shows it.
 * @throws ReportMismatch when there is no such report; StoreUnavailable when the tables or PostgreSQL are in trouble
 */
export async function putJob(deps: PutJobDeps, request: BatchReportsRequest): Promise<PutJobAnswer> {
  const { report_id, idempotency_key: key } = request;
  let asked: Promise<string> | undefined;
  // PostgreSQL is only asked when the guards cannot answer: it has few connections
  const conversation = () => {
    asked ??= conversationOf(deps, report_id);
    return asked;
  };
  const tried = new Set<string>();
  const answer = ({ job_id, model }: NamedJob): PutJobAnswer => {
    // a put whose answer was lost is found again as the report's last job
    const deduplicated = !tried.has(job_id);
    deps.log.info(deduplicated ? 'job found' : 'job put', { job_id, report_id });
    return { job_id, report_id, model, deduplicated };
  };
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const keyed = key === undefined ? undefined : await deps.guards.keyedJob(report_id, key, deps.now());
    if (keyed) return answer(keyed);
    const last = await deps.guards.lastJob(report_id);
    const active = (await stillActive(deps, last)) ?? (await firstActive(deps, await conversation(), report_id));
    const times = timesOf(deps.now());
    if (active) {
      if (key === undefined || (await deps.guards.nameJob(report_id, key, active, times)) === 'named')
        return answer(active);
      continue;
    }
    const model = request.model ?? deps.defaultModel;
    const row = serverJob({ ...request, conversation_id: await conversation(), model }, times.now, deps.randomHex());
    tried.add(row.job_id);
    if ((await deps.guards.putJob(row, { model, replaces: last?.job_id, key }, times)) === 'put')
      return answer({ job_id: row.job_id, model });
  }
  throw new StoreUnavailable(`the job of report ${report_id} could not be put: others were first ${TRIES} times`);
}

async function conversationOf({ conversations }: PutJobDeps, reportId: string): Promise<string> {
  const report = await conversations.report(reportId);
  if (!report) throw new ReportMismatch(`there is no report ${reportId}: check report_id`);
  return String(report.zid);
}

const timesOf = (now: Date): GuardTimes => ({
  now,
  guardExpiry: ledgerExpiry(now, GUARD_DAYS),
  keyExpiry: ledgerExpiry(now, KEY_DAYS),
});

/** What a new narrative job is made from. */
export interface NewJob {
  report_id: string;
  /** zid as a string */
  conversation_id: string;
  model: string;
  max_batch_size?: number | undefined;
  no_cache?: boolean | undefined;
  include_moderation?: boolean | undefined;
  /** ours, not the server's: topic layers to write about, 0 is the finest; undefined = every layer */
  layers?: readonly number[] | undefined;
  /** ours, not the server's: uses a model that the price list does not know */
  allow_unpriced?: true | undefined;
}

/** A PENDING job row, attribute for attribute as the Polis server writes it. @param suffix 8 hex digits */
export function serverJob(job: NewJob, now: Date, suffix: string) {
  const {
    report_id,
    conversation_id,
    model,
    max_batch_size = 20,
    no_cache = false,
    include_moderation,
    layers,
    allow_unpriced,
  } = job;
  const time = now.toISOString();
  const config = { model, max_batch_size, no_cache, report_id, include_moderation, layers, allow_unpriced };
  return {
    job_id: `batch_report_${report_id}_${Math.floor(now.getTime() / 1000)}_${suffix}`,
    status: 'PENDING',
    created_at: time,
    updated_at: time,
    conversation_id,
    report_id,
    job_type: CREATE_BATCH as typeof CREATE_BATCH,
    job_config: JSON.stringify({
      job_type: CREATE_BATCH,
      stages: [{ stage: 'CREATE_NARRATIVE_BATCH_CONFIG_STAGE', config }],
    }),
    priority: 50,
    version: 1,
    worker_id: 'none',
    started_at: '',
    completed_at: '',
    job_results: '{}',
    logs: JSON.stringify({ entries: [] }),
    environment: JSON.stringify({
      NARRATIVE_BATCH_MODEL: model,
      NARRATIVE_BATCH_MAX_SIZE: String(max_batch_size),
      NARRATIVE_BATCH_NO_CACHE: no_cache ? '1' : '0',
    }),
  };
}

const REPORT_ID = 'must be letters and digits, as at the end of the address of the report page';
const MODEL = 'must be a model id, such as claude-sonnet-5-5';

const MAX_LAYERS = 100;
const areLayers = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.length <= MAX_LAYERS &&
  value.every((layer) => Number.isInteger(layer) && layer >= 0);

/** The public id of a report page: `r` and letters and digits. */
export const reportIdSchema = z.string(REPORT_ID).regex(/^[A-Za-z0-9_-]{1,300}$/, REPORT_ID);

/** Absent and null say the same: the default is taken. */
const orDefault = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined);

/**
 * The body of `POST /api/v3/delphi/batchReports`. Fields that are not known are ignored, as the Polis server does. A `#`
 * in the model would cut the key of the reports table in the wrong place.
 */
export const batchReportsSchema = z.object(
  {
    report_id: reportIdSchema,
    model: orDefault(z.string(MODEL).regex(/^[A-Za-z][\w.:/-]{0,127}$/, MODEL)),
    max_batch_size: orDefault(z.number(SIZE).int(SIZE).min(1, SIZE).max(MAX_BATCH_SIZE, SIZE)),
    no_cache: orDefault(z.boolean(FLAG)),
    include_moderation: orDefault(z.boolean(FLAG)),
    layers: orDefault(z.custom<number[]>(areLayers, LAYERS)),
    idempotency_key: orDefault(z.string(TEXT).min(1, 'must not be empty').max(256, 'must be 256 characters at most')),
  },
  'must be a JSON object',
);

/** What asks for a narrative report. */
export interface BatchReportsRequest {
  report_id: string;
  model?: string | undefined;
  /** requests in one batch at most */
  max_batch_size?: number | undefined;
  no_cache?: boolean | undefined;
  include_moderation?: boolean | undefined;
  /** topic layers to write about; undefined = every layer */
  layers?: readonly number[] | undefined;
  /** of an operator's command only: a body cannot ask for it */
  allow_unpriced?: true | undefined;
  /** the same key for the same report names the same job, also after it has ended */
  idempotency_key?: string | undefined;
}

interface Deps {
  jobs: Pick<JobTable, 'get'> & ActiveJobs;
  defaultModel: string;
}

const ACTIVE: readonly unknown[] = ['PENDING', 'PROCESSING'];
/** Nothing is paid for or stored any more; a FAILED job may still have a batch that is watched. */
const DONE: readonly unknown[] = ['COMPLETED', 'CANCELLED'];

/** The report's last job, if it is under way; one whose row is gone or has ended gives way. */
export async function stillActive(
  { jobs }: Pick<Deps, 'jobs'>,
  last: NamedJob | undefined,
): Promise<NamedJob | undefined> {
  const row = last && (await jobs.get(last.job_id));
  return row && ACTIVE.includes(row.status) ? last : undefined;
}

/** A job that somebody else put, such as the Polis server or an old poller. */
export async function firstActive(deps: Deps, conversationId: string, reportId: string): Promise<NamedJob | undefined> {
  const found = await firstActiveRow(deps.jobs, conversationId, reportId);
  return found && { job_id: found.sender ?? found.job_id, model: modelOf(found.row) ?? deps.defaultModel };
}

/** A row of a report that is under way, or that watches a batch of a job that is not done. */
interface ActiveRow {
  job_id: string;
  /** the job whose batch it watches */
  sender: string | undefined;
  row: Record<string, unknown>;
}

/** The newest such row of a report. @param except a job that is left out, with the rows that watch its batches */
export async function firstActiveRow(
  jobs: Deps['jobs'],
  conversationId: string,
  reportId: string,
  except?: string,
): Promise<ActiveRow | undefined> {
  for await (const { job_id, batch_job_id } of jobs.activeJobs(conversationId, reportId)) {
    if (except !== undefined && (job_id === except || batch_job_id === except)) continue;
    // the index may be a moment behind the row
    const row = await jobs.get(String(job_id));
    if (!row || !ACTIVE.includes(row.status)) continue;
    const found = { job_id: String(job_id), row };
    if (typeof batch_job_id !== 'string' || batch_job_id === '') return { ...found, sender: undefined };
    // a row that watches a batch stands for the job that sent it; the two are closed one after the other
    const sender = await jobs.get(batch_job_id);
    if (!DONE.includes(sender?.status)) return { ...found, sender: batch_job_id };
  }
  return undefined;
}

/** The model that a job was put with; rows of others may be in any shape. */
function modelOf(row: Record<string, unknown>): string | undefined {
  if (typeof row.model === 'string' && row.model !== '') return row.model;
  try {
    return parseJobConfig(String(row.job_config ?? ''), '').model || undefined;
  } catch {
    return undefined;
  }
}
