/**
 * Errors by the names that the state machine, the job row and the runbook use. A message says what is wrong, names the
 * field, and says what to do; it holds ids and counts, never comment text or a secret.
 */
export abstract class NarrativesError extends Error {
  abstract override readonly name: string;
}

/** Something a person has to fix before the job can run: asking again with the same data fails again. */
export class BadInput extends NarrativesError {
  override readonly name: string = 'BadInput';
}

/** `job_config` is not what the server writes. */
export class InvalidJobConfig extends BadInput {
  override readonly name = 'InvalidJobConfig';
}

/** A job row lacks what every job row has. */
export class InvalidJobRow extends BadInput {
  override readonly name = 'InvalidJobRow';
}

/** The report row is missing, or belongs to another conversation. */
export class ReportMismatch extends BadInput {
  override readonly name = 'ReportMismatch';
}

/** The conversation lacks comments, votes, math, topics or groups. */
export class ConversationNotReady extends BadInput {
  override readonly name = 'ConversationNotReady';
}

/** The conversation has so many topics that its report would have more sections than a job may have. */
export class TooManySections extends BadInput {
  override readonly name = 'TooManySections';
}

/** A row of another system's table is not in the agreed shape. */
export class InvalidRow extends BadInput {
  override readonly name = 'InvalidRow';
}

/** Votes are stored with a sign that is not known, or agrees and disagrees are the other way round than in the math. */
export class VoteSignMismatch extends BadInput {
  override readonly name = 'VoteSignMismatch';
}

/** The API does not know the model. */
export class UnknownModel extends BadInput {
  override readonly name = 'UnknownModel';
}

/** An environment variable, a flag, a file or a state hand-off is not in the agreed shape. */
export class InvalidSetting extends BadInput {
  override readonly name: string = 'InvalidSetting';
}

/** PostgreSQL refuses user or password. While the secret is being rotated, that passes within minutes. */
export class PasswordRefused extends InvalidSetting {
  override readonly name = 'PasswordRefused';
}

/** The API refuses what we ask for (key, permission, size, request) and would refuse it again. */
export class AnthropicRefused extends NarrativesError {
  override readonly name: string = 'AnthropicRefused';
}

/** The API refuses the key. While the secret is being rotated, that passes within minutes. */
export class KeyRefused extends AnthropicRefused {
  override readonly name = 'KeyRefused';
}

/** The batch is not known to the API: deleted, or of another workspace. */
export class BatchNotFound extends AnthropicRefused {
  override readonly name = 'BatchNotFound';
}

/** A batch has not ended long after it should have expired. */
export class BatchOverdue extends NarrativesError {
  override readonly name = 'BatchOverdue';
}

/** Invocation after invocation reads the results of a batch and comes no further. */
export class ResultsStalled extends NarrativesError {
  override readonly name = 'ResultsStalled';
}

/** The API has taken no batch, or given no clear answer, for hours. */
export class SubmissionUnsettled extends NarrativesError {
  override readonly name = 'SubmissionUnsettled';
}

/** Every section finally failed. */
export class NothingStored extends NarrativesError {
  override readonly name = 'NothingStored';
}

/** Whatever at the API or on the way to it is not known to be permanent: worth trying again. */
export class AnthropicUnavailable extends NarrativesError {
  override readonly name = 'AnthropicUnavailable';
  /** What the API's `retry-after` asks for, in seconds. */
  readonly retryAfterSeconds: number | undefined;
  /** A refusal that proves nothing when it comes once, such as a 404 for a batch that exists: what it is when it stays. */
  readonly refusal: AnthropicRefused | undefined;
  constructor(
    message: string,
    options?: ErrorOptions & { retryAfterSeconds?: number | undefined; refusal?: AnthropicRefused | undefined },
  ) {
    super(message, options);
    this.retryAfterSeconds = options?.retryAfterSeconds;
    this.refusal = options?.refusal;
  }
}

/** Whatever at DynamoDB, PostgreSQL, Step Functions or Secrets Manager is not known to be permanent: worth trying again. */
export class StoreUnavailable extends NarrativesError {
  override readonly name = 'StoreUnavailable';
}

/** The names that the state machine retries; everything else goes straight to "Fail job". */
export const RETRIED_ERRORS = ['AnthropicUnavailable', 'StoreUnavailable'] as const;

/** The names that the state machine retries for as long as a rotation of a secret takes. */
export const ROTATION_ERRORS = ['KeyRefused', 'PasswordRefused'] as const;

/**
 * Whether an error is a fault of a program, which waiting does not fix. A TypeError with a cause is how `fetch` tells that the
 * network failed, and a SyntaxError is how an answer that is cut off ends in a client.
 */
export const isFault = (error: unknown): boolean =>
  error instanceof ReferenceError ||
  error instanceof RangeError ||
  (error instanceof TypeError && error.cause === undefined);

/** What a step may log of an error it has caught: our own messages; of another only the name, as its message may quote data. */
export function whyOf(error: unknown): string {
  if (error instanceof NarrativesError) return error.message;
  return error instanceof Error ? `an unexpected ${error.name}` : 'a non-error value was thrown';
}
