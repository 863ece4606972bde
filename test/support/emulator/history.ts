import { setTimeout as pause } from 'node:timers/promises';
import { type HistoryEvent, paginateGetExecutionHistory, paginateListExecutions } from '@aws-sdk/client-sfn';
import type { System } from './system.ts';

const END_MS = 10_000;
const LOOK_MS = 50;

/** Every event of an execution, oldest first. */
export async function historyOf({ machines }: System, executionArn: string): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  for await (const page of paginateGetExecutionHistory({ client: machines }, { executionArn })) {
    events.push(...(page.events ?? []));
  }
  return events;
}

/** The names of the states that were entered, each run of equal rounds of the wait told once. */
export function statesOf(events: readonly HistoryEvent[]): string[] {
  const names = events.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []);
  const path: string[] = [];
  for (const name of names) {
    const seen = path.indexOf(name);
    if (seen < 0) path.push(name);
    else path.length = seen + 1;
  }
  return path;
}

/**
 * The execution of this name, as the list of the machine's executions has it, once it has ended: it does so a moment
 * after its job row. @throws Error when there is none, or it runs for longer than ten seconds
 */
export async function endedExecution(system: System, stateMachineArn: string, name: string) {
  const deadline = Date.now() + END_MS;
  for (;;) {
    const found = await executionNamed(system, stateMachineArn, name);
    if (found.status !== 'RUNNING') return found;
    if (Date.now() > deadline) throw new Error(`execution ${name} is still running`);
    await pause(LOOK_MS);
  }
}

/** The execution of this name. @throws Error when there is none */
export async function executionNamed({ machines }: System, stateMachineArn: string, name: string) {
  for await (const { executions = [] } of paginateListExecutions({ client: machines }, { stateMachineArn })) {
    const found = executions.find((execution) => execution.name === name);
    if (found) return { status: found.status, arn: found.executionArn as string };
  }
  throw new Error(`no execution is named ${name}`);
}
