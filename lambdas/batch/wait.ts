import type { AnthropicUnavailable } from '../shared/errors.ts';
import type { JobState } from '../shared/hand-off.ts';
import type { Log } from '../shared/log.ts';

/** Shortest and longest time between two status checks, in seconds. */
const SHORTEST = 5;
const LONGEST = 60;
/** Checks of one execution after which the wait grows: a little more than a day of one-minute checks. */
const A_DAY_OF_CHECKS = 1_600;
const AFTER_A_DAY = 300;

/**
 * Seconds to the next status check: a tenth of the batch's age, at least 5 and at most 60 (reached after ten minutes).
 * An execution that has watched for over a day (a batch expired and was asked again) checks every five minutes, which
 * keeps it under 25,000 history events: a check is 9 events.
 * @param ageSeconds time since the batch was created
 * @param checks checks this execution has made so far
 */
export function secondsToNextCheck(ageSeconds: number, checks: number): number {
  if (checks > A_DAY_OF_CHECKS) return AFTER_A_DAY;
  // with an age that is not a number, the execution would fail at its Wait state
  if (!Number.isFinite(ageSeconds)) return LONGEST;
  return Math.min(LONGEST, Math.max(SHORTEST, Math.round(ageSeconds / 10)));
}

/** Whole seconds from an ISO 8601 time to a later one in milliseconds since the epoch; 0 where clocks disagree. */
export const secondsBetween = (from: string, to: number): number =>
  Math.max(0, Math.round((to - Date.parse(from)) / 1000));

/**
 * Consecutive waits for the API (about four hours of one-minute waits) after which a step that can give up does so. A step
 * that watches a batch continues, every five minutes.
 */
export const MAX_TROUBLES = 240;

/** Seconds to wait when the API is unavailable: doubling from 5 to 60 (300 after hours of it), or what `retry-after` asks for up to 10 minutes. */
export function secondsAfterTrouble(troubles: number, retryAfterSeconds: number | undefined): number {
  const backOff = troubles > MAX_TROUBLES ? AFTER_A_DAY : Math.min(LONGEST, SHORTEST * 2 ** Math.min(troubles, 8));
  return Math.min(600, Math.max(backOff, Math.ceil(retryAfterSeconds ?? 0)));
}

/** What a row says while its step waits for the API. */
export const API_AWAITED = 'waits for the Anthropic API, which is unavailable or busy';

/** Waits (about an hour of them) after which a refusal that may pass is taken for what it says. */
export const MAX_REFUSALS = 60;

/**
 * The hand-off of a step that waits because the API is unavailable, or refuses what it should not. Refusals are counted until
 * every batch is answered for again.
 * @throws AnthropicRefused, BatchNotFound for a refusal that has stayed so for an hour
 */
export function waitAfterTrouble(log: Log, state: JobState, error: AnthropicUnavailable): JobState {
  const { troubles, refusals = 0 } = state;
  const { refusal, retryAfterSeconds } = error;
  if (refusal && refusals >= MAX_REFUSALS) throw refusal;
  const wait_seconds = secondsAfterTrouble(refusal ? refusals : troubles, retryAfterSeconds);
  const fields = { job_id: state.job_id, why: error.message, wait_seconds };
  log.warn('the API is unavailable; waiting', { event: 'api_unavailable', ...fields });
  const counted = refusal ? { refusals: refusals + 1 } : {};
  return { ...state, troubles: troubles + 1, ...counted, wait_seconds, next: 'wait' };
}
