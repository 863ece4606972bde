import { isWorkedByUs, type MarkedRow, marksSchema } from '../../job/marks.ts';
import { CREATE_BATCH } from '../../shared/job-row.ts';
import type { SweepDeps } from './rule.ts';

/**
 * Whether another job of the same report waits or is worked on by us: at most one may be under way. What an old poller
 * holds does not count, because it may have left it so for ever.
 */
export async function isBesideAnother({ finder, jobs, stage }: SweepDeps, row: MarkedRow): Promise<boolean> {
  const counts = (other: MarkedRow | undefined) =>
    other?.job_type === CREATE_BATCH &&
    other.job_id !== row.job_id &&
    other.report_id === row.report_id &&
    (other.status === 'PENDING' || (other.status === 'PROCESSING' && isWorkedByUs(other, stage)));
  for (const status of row.report_id ? ['PENDING', 'PROCESSING'] : []) {
    for await (const indexed of finder.withStatus(status)) {
      const other = marksSchema.safeParse(indexed).data;
      // the index is a moment late
      if (other && counts(other) && counts(marksSchema.safeParse(await jobs.get(other.job_id)).data)) return true;
    }
  }
  return false;
}
