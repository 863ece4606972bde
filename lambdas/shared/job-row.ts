import * as z from 'zod';
import { jsonOrUndefined } from './parse.ts';

export const CREATE_BATCH = 'CREATE_NARRATIVE_BATCH';
export const AWAITING_BATCH = 'AWAITING_NARRATIVE_BATCH';

/** A non-empty string. */
const text = z.string().min(1);

/**
 * A row of `Delphi_JobQueue` of one of our two job types. Attributes that this project does not use pass through
 * untouched. `conversation_id` is zid as a string.
 */
export const jobRowSchema = z.looseObject({
  job_id: text,
  job_type: z.enum([CREATE_BATCH, AWAITING_BATCH]),
  status: text,
  version: z.number().int().nonnegative(),
  conversation_id: z.string().regex(/^\d+$/, 'must be the zid in digits'),
  report_id: text.nullish(),
  job_config: z.string().nullish(),
  worker_id: z.string().nullish(),
  created_at: z.string().nullish(),
  started_at: z.string().nullish(),
  batch_id: z.string().nullish(),
  batch_job_id: z.string().nullish(),
  model: z.string().nullish(),
  logs: z.string().nullish(),
});

export type JobRow = z.infer<typeof jobRowSchema>;

const LOG_ENTRIES_KEPT = 50;
const logsSchema = z.object({ entries: z.array(z.looseObject({ timestamp: z.string() })) });

/** The `logs` attribute with one more line; the last 50 are kept, and an unreadable list is replaced. */
export function withLogLine(
  logs: string | null | undefined,
  timestamp: string,
  level: 'INFO' | 'ERROR',
  message: string,
): string {
  const parsed = logsSchema.safeParse(jsonOrUndefined(logs ?? ''));
  const entries = parsed.success ? parsed.data.entries : [];
  return JSON.stringify({ entries: [...entries, { timestamp, level, message }].slice(-LOG_ENTRIES_KEPT) });
}
