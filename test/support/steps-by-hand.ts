import type { Step } from '../../local/machine/asl.ts';
import type { World } from './world.ts';

type State = Record<string, unknown> & { next?: string; wait_seconds?: number };

/** The step that each hand-off leads to. */
export const STEP_AFTER: Record<string, string> = {
  wait: 'check-status',
  settle: 'submit',
  turn: 'submit',
  collect: 'collect',
  submit: 'submit',
  complete: 'complete',
};

/**
 * Runs a job through the steps without the state machine, so that a test may run each of them more than once with one
 * input, or through the handler that is deployed. An error goes to "Fail job", as the machine's Catch would have it.
 * @param times how often each step is run
 */
export async function stepByStep(
  world: World,
  steps: Record<string, Step>,
  row: Record<string, unknown> & { job_id: string },
  { times = 1, execution = `${row.job_id}-v1`, before = async (_step: string) => {} } = {},
): Promise<{ steps: string[]; error?: Error }> {
  const { job_id, job_type, version } = row;
  let state: State = { job_id, job_type, version, execution };
  const ran: string[] = [];
  const repeat = async (step: string, input: unknown): Promise<State> => {
    let last: unknown;
    for (let time = 0; time < times; time++) {
      await before(step);
      last = await (steps[step] as Step)(input);
    }
    ran.push(step);
    return last as State;
  };
  await world.deps.jobs.putNew(row);
  for (let step = 'submit'; ; step = STEP_AFTER[state.next ?? ''] as string) {
    try {
      state = await repeat(step, state);
    } catch (error) {
      const { name, message, stack } = error as Error;
      const Cause = JSON.stringify({ errorType: name, errorMessage: message, trace: stack?.split('\n') });
      await repeat('fail', { ...state, error: { Error: name, Cause } });
      return { steps: ran, error: error as Error };
    }
    if (step === 'complete') return { steps: ran };
    world.passTime(state.wait_seconds ?? 0);
  }
}
