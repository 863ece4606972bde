import type { Asked, BatchEntry, Plan } from '../../../lambdas/shared/ledger-rows.ts';
import { customId, entry } from '../../../lambdas/shared/names.ts';
import { batchEntry, JOB, askedRow as madeAskedRow, plan as madePlan } from '../../support/make.ts';

export const BATCH = 'msgbatch_hostile';
/** Any two sections were shown different comments, and every one of them comment 0. */
export const shownTo = (ordinal: number): number[] => [0, 10 + ordinal, 11 + ordinal];

export const idOf = (ordinal: number): string => customId(JOB, 1, ordinal);

/** What submitting leaves in the ledger for a job of so many sections. */
export function planned(sections: number): { plan: Plan; asked: Asked[]; batch: BatchEntry } {
  const asked = Array.from({ length: sections }, (_, ordinal) => ({
    ...madeAskedRow(ordinal),
    entry: entry.asked(1, ordinal),
    shown: shownTo(ordinal),
  }));
  const batch = batchEntry({ state: 'ended', batch_id: BATCH, requests: sections });
  return { plan: madePlan({ sections }), asked, batch };
}

/** The hand-off that "Collect results" is given. */
export const STATE = {
  job_id: JOB,
  job_type: 'CREATE_NARRATIVE_BATCH',
  version: 1,
  execution: `${JOB}-v1`,
  first_round: 1,
  round: 1,
};
