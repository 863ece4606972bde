import { NothingStored } from '../shared/errors.ts';
import type { JobTable } from '../stores/jobs.ts';
import type { Ledger } from '../stores/ledger.ts';
import type { Reports } from '../stores/reports.ts';
import { publish } from './publish.ts';
import { readLoosely, standingOf } from './standing.ts';
import { summarize } from './summary.ts';
import { notePublished } from './transitions.ts';

export type Published =
  | { kind: 'published'; report_id: string; stored: number; planned: number }
  | { kind: 'unknown' }
  /** `why` is one sentence for a person */
  | { kind: 'refused'; why: string };

/**
 * Publishes what a job has that failed or was cancelled, because a person decides so: such a job publishes nothing by
 * itself. Its report becomes the newest one, with a sentence in every gap. Doing it again changes nothing.
 * @param by for the row: who asked
 * @throws NothingStored when none of its sections has an answer
 */
export async function publishStopped(
  deps: { jobs: JobTable; ledger: Ledger; reports: Reports; now: () => Date; by: string },
  jobId: string,
): Promise<Published> {
  const row = await readLoosely(deps.jobs, jobId);
  if (!row) return { kind: 'unknown' };
  const { kind } = standingOf(row, { stage: undefined });
  if (kind === 'completed') return refused(`job ${jobId} is COMPLETED: its report is published already`);
  if (kind !== 'failed' && kind !== 'stopped' && kind !== 'withdrawn')
    return refused(`job ${jobId} is ${row.status}: wait until it has ended, or cancel it`);
  const plan = await deps.ledger.plan(jobId);
  if (!plan) return refused(`job ${jobId} has no plan in the ledger: it ended before anything was asked`);
  const summary = await summarize(deps.ledger, plan);
  const { stored, planned } = summary;
  if (stored === 0) throw new NothingStored(`job ${jobId} has no answer for any of its ${planned} sections`);
  const published = { ...plan, published_at: plan.published_at ?? deps.now().toISOString() };
  // first, so that doing it again writes the same rows
  await deps.ledger.updatePlan(published);
  const { gaps } = await publish(deps, published, summary);
  const told = `published ${deps.by} with ${stored - gaps.length} of ${planned} sections`;
  await notePublished(deps, row, told);
  return { kind: 'published', report_id: plan.report_id, stored: stored - gaps.length, planned };
}

const refused = (why: string): Published => ({ kind: 'refused', why });
