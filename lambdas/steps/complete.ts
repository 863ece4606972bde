import { factsInSlices, sectionsOf } from '../job/asked-sections.ts';
import { type FinishDeps, finishJob } from '../job/finish.ts';
import { isCancelledUnder, readLoosely, secondsSince } from '../job/standing.ts';
import { byReason, type JobSummary, jobResults, summarize, tellReused } from '../job/summary.ts';
import type { Ending } from '../job/transitions.ts';
import { failedRow } from '../report/row.ts';
import { InvalidSetting, NothingStored } from '../shared/errors.ts';
import { type JobState, parseJobState } from '../shared/hand-off.ts';
import type { Plan } from '../shared/ledger-rows.ts';
import type { Reports } from '../stores/reports.ts';

export type CompleteDeps = FinishDeps & { reports: Reports };

/**
 * "Complete job": writes a row with `errors` for each section that could not be written, and closes the job with its
 * figures. COMPLETED names every gap in `job_results`.
 * @throws NothingStored when no section could be written: the job fails
 */
export async function complete(deps: CompleteDeps, input: unknown): Promise<JobState> {
  const state = parseJobState(input);
  const plan = await deps.ledger.plan(state.job_id);
  if (!plan) throw new InvalidSetting(`job ${state.job_id} has no plan in the ledger: redrive the job`);
  deps.log.ids?.({ report_id: plan.report_id });
  const summary = await summarize(deps.ledger, plan);
  await writeGaps(deps, plan, summary);
  const row = await readLoosely(deps.jobs, state.job_id);
  if (summary.stored === 0 && !isCancelledUnder(row, state.execution)) throw new NothingStored(nothingStored(summary));
  const seconds = secondsSince(row?.started_at, deps.now());
  const message = `${summary.stored} of ${summary.planned} sections stored${tellReused(summary)}, ${summary.failed.length} failed, ${summary.rounds} round(s)`;
  const ending: Ending = {
    status: 'COMPLETED',
    message,
    set: {
      job_results: jobResults(plan, summary, seconds),
      // a job that sent no batch does not have it yet
      ...(plan.reused ? { model: plan.model } : {}),
      // one that was released is not among them
      ...(plan.legacy ? {} : { batch_ids: summary.batches.flatMap(({ batch_id }) => batch_id ?? []) }),
    },
  };
  const closed = await finishJob(deps, state, { plan, batches: summary.batches, summary }, ending);
  deps.log.info('job completed', {
    job_id: state.job_id,
    report_id: plan.report_id,
    closed,
    stored: summary.stored,
    reused: summary.reused,
    failed: summary.failed.length,
  });
  return { ...state, next: 'complete' };
}

async function writeGaps(deps: CompleteDeps, plan: Plan, { failed, batches }: JobSummary): Promise<void> {
  const reasons = new Map(failed.map(({ ordinal, reason }) => [ordinal, reason]));
  const batchId = batches.at(-1)?.batch_id ?? '';
  // each was first asked for in round 1, or in round 0 if it was to be reused
  for (const round of plan.reused ? [0, 1] : [1]) {
    for await (const { facts } of factsInSlices(sectionsOf(deps.ledger, plan, round), [...reasons.keys()])) {
      const rows = [...facts].map(([ordinal, asked]) =>
        failedRow(plan, asked, batchId, reasons.get(ordinal) ?? 'missing'),
      );
      await deps.reports.write(rows);
    }
  }
}

function nothingStored({ planned, failed, unfiled }: JobSummary): string {
  const reasons =
    [...byReason({ failed })].map(([reason, count]) => `${count} ${reason}`).join(', ') || 'no answer could be filed';
  return `none of ${planned} sections could be written (${reasons}; ${unfiled.length} unfiled): look the job up in the ledger, fix the cause, then redrive the job`;
}
