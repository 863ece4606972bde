import { readAnswers } from '../job/answers.ts';
import { type FinishDeps, finishJob } from '../job/finish.ts';
import { type PublishedClaims, publish } from '../job/publish.ts';
import { type SectionState, writtenOf } from '../job/sections.ts';
import { isCancelledUnder, readLoosely, secondsSince } from '../job/standing.ts';
import { byReason, type JobSummary, type ReportCoverage, resultsOfJob, summarize, tellReused } from '../job/summary.ts';
import type { Ending } from '../job/transitions.ts';
import { coverageOf } from '../report/claims/coverage.ts';
import { InvalidSetting, NothingStored, whyOf } from '../shared/errors.ts';
import { type JobState, parseJobState } from '../shared/hand-off.ts';
import type { KnownAnswer, Plan } from '../shared/ledger-rows.ts';
import { answerKey } from '../shared/names.ts';
import type { Conversations } from '../stores/postgres.ts';
import type { Reports } from '../stores/reports.ts';

export type CompleteDeps = FinishDeps & { reports: Reports; conversations: Pick<Conversations, 'votersCited'> };

/**
 * "Complete job": publishes the report, and closes the job with its figures. COMPLETED names every gap in `job_results`. A
 * job that was cancelled publishes nothing, so that an earlier report stays as it is.
 * @throws NothingStored when no section could be written: the job fails, and nothing is published
 */
export async function complete(deps: CompleteDeps, input: unknown): Promise<JobState> {
  const state = parseJobState(input);
  const plan = await deps.ledger.plan(state.job_id);
  if (!plan) throw new InvalidSetting(`job ${state.job_id} has no plan in the ledger: redrive the job`);
  deps.log.ids?.({ report_id: plan.report_id });
  const summary = await summarize(deps.ledger, plan);
  const row = await readLoosely(deps.jobs, state.job_id);
  if (!isCancelledUnder(row, state.execution)) {
    const { gaps, claims } = await publish(deps, plan, summary);
    for (const { section, reason } of gaps) {
      summary.stored -= 1;
      summary.failed.push({ section: section.section, title: section.title, reason });
    }
    summary.claims = claims;
    summary.coverage = claims && (await coverageOfReport(deps, plan, claims));
    const gone = new Set(gaps.map(({ section }) => section.ordinal));
    await accept(
      deps,
      summary.states.filter(({ section }) => !gone.has(section.ordinal)),
    );
    if (summary.stored === 0) throw new NothingStored(nothingStored(summary));
  }
  const seconds = secondsSince(row?.started_at, deps.now());
  const message = `${summary.stored} of ${summary.planned} sections stored${tellReused(summary)}, ${summary.failed.length} failed, ${summary.rounds} round(s)`;
  const ending: Ending = {
    status: 'COMPLETED',
    message,
    set: {
      ...resultsOfJob(plan, summary, seconds),
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

/** How much of what people said and voted on the report cites. Without the database only the figure of voters is missing. */
async function coverageOfReport(
  { conversations, log }: CompleteDeps,
  { job_id, conversation_id, groups = [] }: Plan,
  { votes, cited }: PublishedClaims,
): Promise<ReportCoverage> {
  const coverage = coverageOf({ groups, votes }, cited);
  try {
    return { ...coverage, voters: await conversations.votersCited(Number(conversation_id), [...cited]) };
  } catch (error) {
    log.warn('the voters whose comments are cited could not be counted', { job_id, why: whyOf(error) });
    return coverage;
  }
}

/**
 * Later jobs use what this one ends with, and do not ask for it again: as long as the answer is kept, which another job may have bought
 * long before.
 * @param published how the sections stand that have a text
 */
async function accept({ ledger }: CompleteDeps, published: readonly SectionState[]): Promise<void> {
  const ended = published.flatMap((state) => (state.kind === 'unproven' && writtenOf(state) ? [state] : []));
  const rowOf = await readAnswers(
    ledger,
    ended.map(({ answer }) => answer),
  );
  const accepted = ended.flatMap(({ section: { prompt_hash }, answer, failed }): KnownAnswer[] => {
    const row = rowOf(answer);
    if (!row || prompt_hash === undefined) return [];
    const known = { ...answer, accepted: [...failed] };
    return [{ ...answerKey(prompt_hash), answer: known, expires_at_epoch: row.expires_at_epoch }];
  });
  await ledger.putKnownAnswers(accepted);
}

function nothingStored({ planned, failed, unfiled }: JobSummary): string {
  const reasons =
    [...byReason({ failed })].map(([reason, count]) => `${count} ${reason}`).join(', ') || 'no answer could be filed';
  return `none of ${planned} sections could be written (${reasons}; ${unfiled.length} unfiled): look the job up in the ledger, fix the cause, then redrive the job`;
}
