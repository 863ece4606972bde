/** The states by the names that people read in the console, in tests and in the local run. */
export const STATE = {
  batchAlreadySubmitted: 'Batch already submitted?',
  adoptBatch: 'Adopt batch',
  submitBatch: 'Submit batch',
  submissionRecorded: 'Submission recorded?',
  waitForSubmissionToSettle: 'Wait for submission to settle',
  wait: 'Wait',
  checkBatchStatus: 'Check batch status',
  batchEnded: 'Batch ended?',
  collectResults: 'Collect results',
  sectionsLeftToAskAgain: 'Sections left to ask again?',
  completeJob: 'Complete job',
  jobCompleted: 'Job completed',
  jobLeftToItsOwner: 'Job left to its owner',
  failJob: 'Fail job',
  jobFailed: 'Job failed',
} as const;
