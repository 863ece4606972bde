import { CREATE_BATCH } from '../shared/job-row.ts';

/** What a new narrative job is made from. */
export interface NewJob {
  report_id: string;
  /** zid as a string */
  conversation_id: string;
  model: string;
  max_batch_size?: number | undefined;
  no_cache?: boolean | undefined;
  include_moderation?: boolean | undefined;
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
    allow_unpriced,
  } = job;
  const time = now.toISOString();
  const config = { model, max_batch_size, no_cache, report_id, include_moderation, allow_unpriced };
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
