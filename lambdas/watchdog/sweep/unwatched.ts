import { secondsSince } from '../../job/close.ts';
import { figuresOf, nameOfBatch, readLedger, untold } from '../../job/close-failed.ts';
import type { MarkedRow } from '../../job/marks.ts';
import { condition } from '../../job/put-back.ts';
import { unwatched } from '../../job/summary.ts';
import { StoreUnavailable, whyOf } from '../../shared/errors.ts';
import { withLogLine } from '../../shared/job-row.ts';
import type { SweepDeps } from './rule.ts';

/** Batches of a job that are paid for and not collected; where the ledger does not tell, the one that the row names. */
export async function unwatchedNames({ ledger, log }: SweepDeps, row: MarkedRow): Promise<string[]> {
  const named = typeof row.batch_id === 'string' && row.batch_id !== '' ? [row.batch_id] : [];
  try {
    const batches = await ledger.batches(row.job_id);
    if (batches.length > 0) return unwatched(batches).map(nameOfBatch);
    return row.checker_schedule_failed ? named : [];
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    log.error('the ledger cannot be read', { job_id: row.job_id, why: whyOf(error) });
    // what the row says stands
    if (!row.checker_schedule_failed) return [];
    return named.length > 0 ? named : ['one that the ledger cannot tell'];
  }
}

/** A step that was under way then may have collected the batch, or may have been refused it: the figures are told anew. */
export async function takeBack(deps: SweepDeps, row: MarkedRow): Promise<void> {
  const time = deps.now().toISOString();
  await deps.jobs.change(row.job_id, condition(row), {
    ...(await figures(deps, row)),
    checker_schedule_failed: undefined,
    error_message: untold(row.error_message) || undefined,
    updated_at: time,
    logs: withLogLine(row.logs, time, 'INFO', 'none of its batches is left unwatched any more'),
  });
  deps.log.info('no batch is left unwatched any more', { job_id: row.job_id });
}

/** The figures as the ledger has them now; the job took no longer since. */
async function figures(deps: SweepDeps, row: MarkedRow): Promise<{ job_results?: string }> {
  const ended = Date.parse(String(row.completed_at ?? ''));
  const seconds = secondsSince(row.started_at, Number.isNaN(ended) ? deps.now() : new Date(ended));
  return figuresOf(await readLedger(deps, row), seconds);
}
