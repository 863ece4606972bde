import { STATE } from '../../lib/names.ts';

/** The states of a job of one round in which all goes well. @param checks how often its batch is waited for and looked at */
export const pathOfJob = (checks: number): string[] => [
  STATE.batchAlreadySubmitted,
  STATE.submitBatch,
  STATE.submissionRecorded,
  ...Array.from({ length: checks }, () => [STATE.wait, STATE.checkBatchStatus, STATE.batchEnded]).flat(),
  STATE.collectResults,
  STATE.sectionsLeftToAskAgain,
  STATE.completeJob,
  STATE.jobCompleted,
];
