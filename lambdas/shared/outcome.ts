/** Why a section was not stored, by the names that job_results, logs and docs use. */
export const REASONS = {
  errored: 'the API could not answer',
  invalid_request: 'the API refuses this request and would refuse it again',
  canceled: 'the request was canceled at the API',
  expired: 'the batch expired before the request was processed',
  missing: 'the batch ended without a line for this section',
  truncated: 'the answer was cut off at max_tokens',
  context_window: 'the prompt and answer exceed the model’s context window',
  refusal: 'the model refused to answer',
  unfinished: 'the model stopped before it was done',
  not_json: 'the answer is not JSON',
  wrong_shape: 'the answer is not in the shape of a report',
  unshown_citation: 'the answer cites comments that the model was not shown',
  unproven: 'the votes do not prove what a third or more of its sentences say',
  too_large: 'the answer is too large to store',
  gone: 'its answer is no longer in the ledger',
  erased: 'a comment that it was made from was erased',
  not_asked: 'the job ended before it was answered',
} as const;

export type Reason = keyof typeof REASONS;

/** A reason in words, with what the API itself said of a request that it refused. */
export const reasonText = (reason: Reason, said?: string): string =>
  said ? `${REASONS[reason]} (${said})` : REASONS[reason];
