import type { MachineEvent } from '../../local/machine/execution.ts';

/**
 * How many events Step Functions would keep of an execution: each state has one for its entry and, unless it fails, one
 * for its exit; each try of a Lambda task has three between them (scheduled, started, and how it ended); and the
 * execution has one for its start and one for its end.
 */
export function historyEvents(history: readonly MachineEvent[]): number {
  let events = 2;
  for (const { type, stateType } of history) {
    if (type === 'StateEntered') events += 1 + (stateType === 'Task' ? 3 : 0);
    if (type === 'StateExited') events += 1;
    if (type === 'StateRetried') events += 3;
  }
  return events;
}

/** What a Standard execution may have before it is ended. */
export const MOST_EVENTS = 25_000;
