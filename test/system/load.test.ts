import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { serverJob } from '../../lambdas/job/put.ts';
import { executionName } from '../../lambdas/shared/names.ts';
import { STATE, TABLE_NAMES } from '../../lib/names.ts';
import { taskSteps } from '../../local/embedded/steps.ts';
import { statesEntered } from '../../local/machine/execution.ts';
import { LocalStateMachine } from '../../local/machine/local-machine.ts';
import { answerLines, batchIdOf, ledgerRows } from '../../perf/data/answers.ts';
import { longBatch, MAX_EVENTS } from '../../perf/load/batch.ts';
import { manyJobs } from '../../perf/load/jobs.ts';
import { REFUSAL, streamRecords } from '../../perf/load/stream.ts';
import { atOnce, clientOf, MemoryDb, narratives, TABLES } from '../support/memory/dynamodb.ts';
import { MemoryApi, memoryWorld } from '../support/memory/world.ts';

describe('a small load (`npm run load` is the same at full size)', () => {
  it('jobs put at once all complete, with one batch each', async () => {
    const { seconds: _, ...came } = await manyJobs(12);
    expect(came).toEqual({
      jobs: 12,
      ended: { COMPLETED: 12 },
      errors: {},
      planned: 180,
      stored: 180,
      twice: 0,
      batches: 12,
      deadLetters: 0,
    });
  });

  it('collecting over several invocations stores every answer once', async () => {
    const { row, results, states, writes, sections, batches } = await cutShort(1_000, 240);
    expect(states[STATE.collectResults]).toBeGreaterThanOrEqual(4);
    expect(states[STATE.collectResults]).toBeLessThanOrEqual(6);
    expect(row).toMatchObject({ status: 'COMPLETED', process_exit_confirmed: true });
    expect(results).toMatchObject({ planned: 1_000, stored: 1_000, failed_count: 0, unfiled_count: 0, rounds: 1 });
    expect({ sections, writes, batches }).toEqual({ sections: 1_000, writes: 1_000, batches: 0 });
  });

  it.each([
    { expired: 1, hours: 24 },
    { expired: 2, hours: 48 },
  ])('batches that expire after a day are sent again: $expired of them', async ({ expired, hours }) => {
    const ran = await longBatch(expired);
    expect(ran.row).toMatchObject({ status: 'COMPLETED', process_exit_confirmed: true });
    expect(ran.results).toMatchObject({ planned: 2, stored: 2, failed: [], rounds: expired + 1 });
    expect(ran.batches).toBe(expired + 1);
    expect(ran.hours).toBeGreaterThan(hours);
    expect(ran.checks).toBeGreaterThan(1_440);
    expect(ran.events).toBeGreaterThan(ran.checks * 9);
    expect(ran.events).toBeLessThan(MAX_EVENTS);
  });

  it('of a thousand stream records every good one starts its job once', async () => {
    const ran = await streamRecords(1_000, 3);
    expect(ran.good).toHaveLength(900);
    expect(ran.started.sort()).toEqual(ran.good.map((jobId) => executionName(jobId, 1)).sort());
    expect(ran.deadLetters.sort()).toEqual(ran.poison.sort());
    for (const jobId of ran.poison) expect(ran.reasons.get(jobId)).toEqual(new Set([REFUSAL]));
    for (const jobId of ran.unreadable)
      expect(ran.rows.get(jobId)).toMatchObject({
        status: 'FAILED',
        error_message: expect.stringMatching(/^InvalidJobRow: conversation_id: must be the zid in digits/),
      });
  });
});

interface CutShort {
  row: Record<string, unknown>;
  results: Record<string, unknown>;
  /** how often each state was entered */
  states: Record<string, number>;
  /** report rows written, and how many sections they are of */
  writes: number;
  sections: number;
  batches: number;
}

/** How a batch stands whose end is not known yet. */
const SUBMITTED = { state: 'submitted', created_at: '2026-11-22T12:00:00.000Z' };

/** The time limit of a function; it is more than collecting keeps for handing over. */
const LIMIT_MS = 60_000;

/**
 * Collects one batch with functions whose time limit allows this many rows for each.
 * The clock is virtual: writing a row takes a share of the limit, and nothing else takes time.
 */
async function cutShort(answers: number, rowsPerInvocation: number): Promise<CutShort> {
  const now = () => Date.parse('2026-11-22T12:00:00Z');
  let written = 0;
  let writes = 0;
  const db = new MemoryDb(TABLES, {
    onWrite({ table, after }) {
      if (table === TABLE_NAMES.reports) writes += 1;
      if (table === TABLE_NAMES.ledger && String(after?.entry).startsWith('answered#')) written += 1;
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
  for (const left of ledgerRows(job_id, answers) as Iterable<Record<string, unknown>>)
    await put(TABLE_NAMES.ledger, left.batch_id ? { ...left, ...SUBMITTED } : left);
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
