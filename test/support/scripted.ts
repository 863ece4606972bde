import { STATE } from '../../lib/names.ts';
import { statesEntered } from '../../local/machine/execution.ts';
import { LocalStateMachine, type LocalStateMachineOptions } from '../../local/machine/local-machine.ts';
import { NARRATIVES } from '../../local/machine/narratives.ts';

export const synthesized = NARRATIVES;
export const JOB = { job_id: 'job-1', job_type: 'CREATE_NARRATIVE_BATCH', version: 1, execution: 'job-1-1' };
export const AWAITING = { ...JOB, job_type: 'AWAITING_NARRATIVE_BATCH' };

/** What a step does at its first call, its second call …: adds fields to the state, or throws. */
export type Script = Record<string, (Record<string, unknown> | Error)[]>;

/** A machine whose steps follow a script; a call past its end fails the job. `fail` gives its input back. */
export function scripted(script: Script, options: Partial<LocalStateMachineOptions> = {}) {
  const calls: { step: string; input: unknown }[] = [];
  const left = structuredCloneScript(script);
  const step = (name: string) => async (input: unknown) => {
    calls.push({ step: name, input });
    if (name === 'fail' && !left.fail) return input;
    const next = left[name]?.shift();
    if (next instanceof Error) throw next;
    if (!next) throw new Error(`no ${name} expected here`);
    return { ...(input as object), ...next };
  };
  const names = new Set(Object.values(synthesized.stepOfState));
  const steps = Object.fromEntries([...names].map((name) => [name, step(name)]));
  const machine = new LocalStateMachine({ ...synthesized, steps, waitScale: 0, retryScale: 0, ...options });
  return { machine, calls, names: () => calls.map((call) => call.step) };
}

export const structuredCloneScript = (script: Script): Script =>
  Object.fromEntries(Object.entries(script).map(([name, outcomes]) => [name, [...outcomes]]));

export async function run(script: Script, input: object = JOB, options: Partial<LocalStateMachineOptions> = {}) {
  const { machine, calls, names } = scripted(script, options);
  machine.start('run', input);
  await machine.idle();
  const history = machine.history('run');
  return { calls, names: names(), history, states: statesEntered(history), ...machine.status('run') };
}

/** The states from a wait to the answer that the batch has ended, or has not. */
export const CHECKED = [STATE.wait, STATE.checkBatchStatus, STATE.batchEnded];
export const WAIT = { next: 'wait', wait_seconds: 60 };
