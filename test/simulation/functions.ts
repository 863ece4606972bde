import { type HandOff, invoke } from './invocation.ts';

/** Tries of a function that an event calls, as Lambda makes them. */
const EVENT_TRIES = 3;

/** Runs functions, each run with a label of its own such as `a.submit#2`: the second run of a step for the first job. */
export function functionsOf(takesTime: () => void) {
  const runs = new Map<string, number>();
  const jobs: string[] = [];
  const underWay = new Set<Promise<unknown>>();

  function run<T>(name: string, work: () => Promise<T>, state?: HandOff): Promise<T> {
    const nth = (runs.get(name) ?? 0) + 1;
    runs.set(name, nth);
    takesTime();
    const running = invoke(`${name}#${nth}`, work, state);
    const heard = running.catch(() => undefined).finally(() => underWay.delete(heard));
    underWay.add(heard);
    return running;
  }

  return {
    run,
    /** Runs a step of an execution; jobs are named by letters, in the order in which they were begun. */
    step<T>(name: string, state: HandOff, work: () => Promise<T>): Promise<T> {
      if (!jobs.includes(state.job_id)) jobs.push(state.job_id);
      const letter = String.fromCharCode('a'.charCodeAt(0) + jobs.indexOf(state.job_id));
      return run(`${letter}.${name}`, work, state);
    },
    /** Runs a function that an event calls. @returns false when every try failed */
    async event(name: string, work: () => Promise<unknown>): Promise<boolean> {
      for (let nth = 1; nth <= EVENT_TRIES; nth++) {
        const done = run(name, work).then(
          () => true,
          () => false,
        );
        if (await done) return true;
      }
      return false;
    },
    /** Resolves when nothing runs, also what a stopped execution has left running. */
    async rest(): Promise<void> {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
