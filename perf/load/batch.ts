import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { serverJob } from '../../lambdas/job/put.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { taskSteps } from '../../local/embedded/steps.ts';
import type { MachineEvent } from '../../local/machine/execution.ts';
import { LocalStateMachine } from '../../local/machine/local-machine.ts';
import { atOnce, clientOf, MemoryDb, narratives, TABLES } from '../../test/support/memory/dynamodb.ts';
import { MemoryApi, MODEL, memoryWorld, putTopics } from '../../test/support/memory/world.ts';
import { ZID } from '../../test/support/small-conversation.ts';
import { type Line, must, type Table } from '../command-line.ts';

interface LongBatch {
  row: Record<string, unknown>;
  results: { planned: number; stored: number; failed: unknown[]; rounds: number };
  batches: number;
  /** events that Step Functions would have in the execution's history */
  events: number;
  checks: number;
  /** hours by the virtual clock */
  hours: number;
  seconds: number;
}

/** Runs a job whose first batches expire after a day, and whose next one is answered. @param expiring how many expire */
export async function longBatch(expiring: number): Promise<LongBatch> {
  const began = Date.parse('2026-11-22T12:00:00Z');
  let clock = began;
  const now = () => clock;
  const db = new MemoryDb(TABLES);
  const api = new MemoryApi({ now, secondsPerBatch: (batch) => (batch < expiring ? Number.POSITIVE_INFINITY : 600) });
  putTopics(db);
  const machine = new LocalStateMachine({
    ...narratives,
    steps: taskSteps(memoryWorld({ db, api, call: atOnce, now })),
    waitScale: 0,
    retryScale: 0,
    onEvent(_execution, { type, stateType, input }) {
      if (type === 'StateEntered' && stateType === 'Wait')
        clock += (input as { wait_seconds: number }).wait_seconds * 1000;
    },
  });
  const job = { report_id: 'rlong', conversation_id: ZID, model: MODEL, no_cache: true };
  const row = serverJob(job, new Date(clock), '0000000a');
  const { job_id, job_type, version } = row;
  await clientOf(db, atOnce).send(new PutCommand({ TableName: TABLE_NAMES.jobs, Item: row }));
  const name = `${job_id}-v${version}`;
  const from = performance.now();
  machine.start(name, { job_id, job_type, version, execution: name });
  await machine.idle();
  const history = machine.history(name);
  const ended = db.rows(TABLE_NAMES.jobs).find((other) => other.job_id === job_id) ?? {};
  return {
    row: ended,
    results: JSON.parse(String(ended.job_results)),
    batches: api.sent.length,
    events: historyEvents(history),
    checks: history.filter(({ type, stateType }) => type === 'StateEntered' && stateType === 'Wait').length,
    hours: (clock - began) / 3_600_000,
    seconds: (performance.now() - from) / 1000,
  };
}

/**
 * How many events Step Functions would keep of an execution: each state has one for its entry and, unless it fails, one
 * for its exit; each try of a Lambda task has three between them (scheduled, started, and how it ended); and the
 * execution has one for its start and one for its end.
 */
function historyEvents(history: readonly MachineEvent[]): number {
  let events = 2;
  for (const { type, stateType } of history) {
    if (type === 'StateEntered') events += 1 + (stateType === 'Task' ? 3 : 0);
    if (type === 'StateExited') events += 1;
    if (type === 'StateRetried') events += 3;
  }
  return events;
}

/** Step Functions ends a Standard execution that has more events. */
export const MAX_EVENTS = 25_000;

/** The part `batch` of `npm run load`. */
export async function run(): Promise<Table> {
  const lines: Line[] = [];
  for (const expiring of [1, 2]) {
    const { row, results, events, checks, hours, batches, seconds: took } = await longBatch(expiring);
    const whole = row.status === 'COMPLETED' && results.stored === results.planned;
    lines.push(
      { what: `${expiring} batch(es) expired`, figure: `${hours.toFixed(1)} h`, note: `${took.toFixed(1)} s here` },
      { what: '  status checks', figure: `${checks}` },
      { what: '  history events', figure: `${events}`, target: must(`under ${MAX_EVENTS}`, events < MAX_EVENTS) },
      { what: '  asked again, all stored', figure: `${batches} batches`, target: must('COMPLETED', whole) },
    );
  }
  return { title: 'A batch that runs for 24 hours and expires (virtual clock)', lines };
}
