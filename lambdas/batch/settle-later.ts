import { SubmissionUnsettled } from '../shared/errors.ts';
import type { JobState } from '../shared/hand-off.ts';
import { MOST_TROUBLES } from './wait.ts';

/**
 * Waits before a submission without a clear answer is looked at again; not for ever.
 * @throws SubmissionUnsettled after some hours
 */
export function settleLater(state: JobState, { waitSeconds, why }: { waitSeconds: number; why: string }): JobState {
  if (state.troubles >= MOST_TROUBLES) {
    throw new SubmissionUnsettled(
      `the Anthropic API gave no clear answer to a submission ${MOST_TROUBLES} times (${why}): see its status page, then redrive the job`,
    );
  }
  return { ...state, troubles: state.troubles + 1, next: 'settle', wait_seconds: waitSeconds };
}
