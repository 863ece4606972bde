import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { serverJob } from '../../lambdas/job/new-row.ts';
import type { BatchEntry } from '../../lambdas/shared/ledger-rows.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { taskSteps } from '../../local/embedded/steps.ts';
import { statesEntered } from '../../local/machine/execution.ts';
import { LocalStateMachine } from '../../local/machine/local-machine.ts';
import { atOnce, clientOf, MemoryDb, narratives, TABLES } from '../../test/support/memory/dynamodb.ts';
import { MemoryApi, memoryWorld } from '../../test/support/memory/world.ts';
import { answerLines, batchIdOf } from '../data/answer-lines.ts';
import { askedRow, batchOf, planOf } from '../data/collect-rows.ts';

export interface CutShort {
  row: Record<string, unknown>;
  results: Record<string, unknown>;
  /** how often each state was entered */
  states: Record<string, number>;
  /** report rows written, and how many sections they are of */
  writes: number;
  sections: number;
  batches: number;
}

/** With less than this left collecting hands over; a function has more. */
const LIMIT_MS = 60_000;

/**
 * One batch of so many answers that is collected by functions with a short time limit: each has time for so many rows.
 * The clock is virtual: writing a row takes a share of the limit, and nothing else takes time.
 */
export async function cutShort(answers: number, rowsPerInvocation: number): Promise<CutShort> {
  const now = () => Date.parse('2026-11-22T12:00:00Z');
  let written = 0;
  let writes = 0;
  const db = new MemoryDb(TABLES, {
    onWrite({ table }) {
      if (table !== TABLE_NAMES.reports) return;
      written += 1;
      writes += 1;
    },
  });
  const client = clientOf(db, atOnce);
  const api = new MemoryApi({ now, secondsPerBatch: () => 0 });
  const row = serverJob(
    { report_id: 'rcut', conversation_id: '7', model: 'claude-sonnet-4-6' },
    new Date(now()),
    '0000000a',
  );
  const { job_id, job_type, version } = row;
  const execution = `${job_id}-v${version}`;
  const put = (TableName: string, Item: object) => client.send(new PutCommand({ TableName, Item: { ...Item } }));
  await put(TABLE_NAMES.jobs, { ...row, status: 'PROCESSING', worker_id: execution });
  await put(TABLE_NAMES.ledger, planOf(job_id, answers));
  for (let ordinal = 0; ordinal < answers; ordinal++) await put(TABLE_NAMES.ledger, askedRow(job_id, ordinal));
  const { ended_at: _, ...batch }: BatchEntry = batchOf(job_id, answers);
  await put(TABLE_NAMES.ledger, { ...batch, state: 'submitted', created_at: new Date(now()).toISOString() });
  const world = memoryWorld({ db, api, call: atOnce, now });
  const known = api.status.bind(api);
  api.create('ours', []);
  world.batches = {
    ...world.batches,
    status: async () => ({
      ...known(api.sent[0]?.id ?? ''),
      id: batchIdOf(job_id, answers),
      processing_status: 'ended',
    }),
    results: async () => bytesOf(answerLines(job_id, answers)),
  };
  world.remainingMs = () => LIMIT_MS - (written / rowsPerInvocation) * (LIMIT_MS - HAND_OVER_MS);
  const steps = taskSteps(world);
  const machine = new LocalStateMachine({
    ...narratives,
    steps: {
      ...steps,
      collect: (input) => {
        written = 0;
        return steps.collect(input);
      },
    },
    waitScale: 0,
    retryScale: 0,
  });
  machine.start(execution, { job_id, job_type, version, execution });
  await machine.idle();
  const states: Record<string, number> = {};
  for (const state of statesEntered(machine.history(execution))) states[state] = (states[state] ?? 0) + 1;
  const ended = db.rows(TABLE_NAMES.jobs).find((other) => other.job_id === job_id) ?? {};
  const stored = db.rows(TABLE_NAMES.reports).filter((report) => report.job_id === job_id && !report.errors);
  const sections = new Set(stored.map(({ section }) => section)).size;
  return {
    row: ended,
    results: JSON.parse(String(ended.job_results)),
    states,
    writes,
    sections,
    batches: api.sent.length - 1,
  };
}

/** What collecting keeps for handing over. */
const HAND_OVER_MS = 45_000;

async function* bytesOf(lines: Iterable<string>): AsyncGenerator<Uint8Array> {
  for (const line of lines) yield Buffer.from(`${line}\n`);
}
