import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { serverJob } from '../../../lambdas/job/put.ts';
import { AWAITING_BATCH } from '../../../lambdas/shared/job-row.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { between, mulberry32, shuffled } from '../../../stand-in/random.ts';
import { type Call, clientOf, MemoryDb, TABLES, type Write } from '../../support/memory/dynamodb.ts';
import type { Item } from '../../support/memory/expressions.ts';
import { MemoryApi, MODEL, memoryWorld, putTopics } from '../../support/memory/world.ts';
import { ZID } from '../../support/small-conversation.ts';
import { OldPoller } from './old-poller.ts';
import { OurSide } from './our-side.ts';
import { Turns } from './turns.ts';

export type Side = 'ours' | 'old' | 'server';

export interface Journaled extends Write {
  by: Side;
}

export interface Ran {
  jobs: string[];
  bystanders: Item[];
  db: MemoryDb;
  api: MemoryApi;
  journal: Journaled[];
  /** every call of the tables, in order, with what became of it; when recording */
  calls: { command: string; input: object; answer: unknown }[];
  errors: string[];
  /** whether an old poller has died */
  died: boolean;
  trace: string[];
}

const NOON = Date.parse('2026-11-22T12:00:00Z');
const MINUTES = 60_000;
const MAX_ROUNDS = 8;
/** How the ids of the reports begin that both sides work on. */
const REPORT = 'rbeside';
const OLD_LOCK = '2026-11-20T09:00:00.000000+00:00';

/**
 * One random run of both sides on one table: the server puts one or two jobs, two old pollers poll, the stream delivers
 * (late, twice, or not at all), executions run, and sweeps are made; then time passes until nobody has anything to do.
 * @param recording keeps every call of the tables; the indexes are never late then
 */
export async function play(seed: number, { recording = false } = {}): Promise<Ran> {
  const random = mulberry32(seed);
  const chance = (share: number) => random() < share;
  const turns = new Turns(random);
  const journal: Journaled[] = [];
  const calls: Ran['calls'] = [];
  let clock = NOON;
  let by: Side = 'server';
  let started: Promise<unknown>[] = [];

  const api = new MemoryApi({ now: () => clock, secondsPerBatch: (batch) => (batch % 3) * 400 });
  const db = new MemoryDb(TABLES, {
    statesLate: () => (!recording && chance(0.3) ? between(random, 1, 4) : 0),
    onWrite(write) {
      if (write.table !== TABLE_NAMES.jobs) return;
      journal.push({ ...write, by });
      // now and then the stream loses a record for good; the sweep is there for that
      const times = chance(0.1) ? 0 : chance(0.2) ? 2 : 1;
      begin(ours.deliver(write, times, between(random, 0, 12)));
    },
  });
  const begin = (work: Promise<unknown>) => void started.push(work);
  const as =
    (side: Side): Call =>
    (what, act) =>
      turns.take(`${side} ${what}`, () => {
        by = side;
        return act();
      });
  if (recording) record(db, calls);
  const pass = (who: string, ms: number) =>
    turns.take(`${who} time`, () => {
      clock += ms;
    });
  const ourCall = as('ours');
  const world = memoryWorld({ db, api, call: ourCall, now: () => clock });
  const ours = new OurSide({ world, db, call: ourCall, wait: (seconds) => pass('ours', seconds * 1000) });
  // a poller may die at any call, which leaves its row locked for a quarter of an hour
  let callsToDeath = chance(0.25) ? between(random, 1, 60) : Number.POSITIVE_INFINITY;
  const oldCall = as('old');
  const mortal: Call = (what, act) => {
    callsToDeath -= 1;
    return callsToDeath < 0 ? Promise.reject(new PollerDied()) : oldCall(what, act);
  };
  const pollers = ['python-1', 'python-2'].map((worker, index) => {
    const call = index === 0 ? mortal : oldCall;
    return new OldPoller({ worker, db: clientOf(db, call), api, call: (act) => call('api', act), now: () => clock });
  });
  const server = clientOf(db, as('server'));
  const put = (Item: Item) => server.send(new PutCommand({ TableName: TABLE_NAMES.jobs, Item }));

  putTopics(db);
  const jobs = Array.from({ length: between(random, 1, 2) }, (_, index) => {
    const report_id = `${REPORT}${index}`;
    const job = { report_id, conversation_id: ZID, model: MODEL, no_cache: true };
    const row = serverJob(job, new Date(clock), index.toString(16).padStart(8, '0'));
    // one that failed under an old poller and was put back keeps the poller's lock
    return chance(0.4) ? { ...row, lock_expires_at: OLD_LOCK, version: 3 } : row;
  });
  // an old poller takes the oldest row first
  const bystanders = bystanderRows(chance(0.3) ? '2026-11-22T11:00:00.000Z' : '2026-11-22T12:00:01.000Z');
  for (const row of bystanders) begin(put(row));
  for (const row of shuffled(random, jobs)) begin(put(row));
  for (const poller of pollers) begin(polling(poller, between(random, 0, 10)));
  const sweepAfter = between(random, 0, 7) * MINUTES;
  begin(pass('sweep', sweepAfter).then(() => ours.sweep()));
  await settle();
  // what is left is claimed when an old poller's lock has run out, or by the next sweep
  for (let round = 0; round < MAX_ROUNDS && isOpen(); round++) {
    clock += 16 * MINUTES;
    begin(ours.sweep());
    for (const poller of pollers) begin(polling(poller, 4));
    await settle();
  }
  return {
    jobs: jobs.map(({ job_id }) => job_id),
    bystanders,
    db,
    api,
    journal,
    calls,
    errors: ours.errors,
    died: callsToDeath < 0,
    trace: turns.taken,
  };

  async function polling(poller: OldPoller, times: number): Promise<void> {
    try {
      for (let time = 0; time < times; time++) if (!(await poller.poll())) await pass('old', 10_000);
    } catch (error) {
      if (!(error instanceof PollerDied)) throw error;
    }
  }

  function isOpen(): boolean {
    const rows = db.rows(TABLE_NAMES.jobs).filter(({ report_id }) => String(report_id).startsWith(REPORT));
    return rows.some(({ status }) => status !== 'COMPLETED' && status !== 'FAILED');
  }

  async function settle(): Promise<void> {
    while (started.length > 0) {
      const under = started;
      started = [];
      await turns.run();
      await Promise.all(under);
    }
  }
}

/** Keeps every call of the tables with what became of it: an answer, or the name of an error. */
function record(db: MemoryDb, calls: Ran['calls']): void {
  const apply = db.apply.bind(db);
  db.apply = (command) => {
    const { input } = command;
    const call = { command: command.constructor.name, input: structuredClone(input), answer: {} as unknown };
    calls.push(call);
    try {
      const answer = apply(command);
      call.answer = structuredClone(answer);
      return answer;
    } catch (error) {
      call.answer = { error: (error as Error).name };
      throw error;
    }
  };
}

class PollerDied extends Error {}

/** Rows of other systems, of unknown types and states, and rows that another holds. */
function bystanderRows(created_at: string): Item[] {
  const row = (job_id: string, change: Item) => ({
    job_id,
    job_type: 'CREATE_NARRATIVE_BATCH',
    status: 'PENDING',
    version: 1,
    conversation_id: ZID,
    report_id: `r${job_id}`,
    created_at,
    worker_id: 'none',
    logs: '{"entries":[]}',
    ...change,
  });
  const held = { status: 'PROCESSING', worker_id: 'python-9', lock_expires_at: '2026-12-24T00:00:00.000000+00:00' };
  return [
    row('pipeline-waits', { job_type: 'FULL_PIPELINE', extra: { deep: [1, 'two', null] } }),
    row('pipeline-runs', { job_type: 'FULL_PIPELINE', ...held }),
    row('pipeline-failed', {
      job_type: 'FULL_PIPELINE',
      status: 'FAILED',
      process_exit_confirmed: true,
      checker_schedule_failed: true,
    }),
    row('unknown-type', { job_type: 'SOMETHING_NEW' }),
    row('unknown-type-held', { job_type: 'SOMETHING_NEW', ...held }),
    row('locked', {
      status: 'LOCKED_FOR_CHECKING',
      job_type: AWAITING_BATCH,
      batch_id: 'msgbatch_x',
      batch_job_id: 'x',
    }),
    row('unknown-state', { status: 'PAUSED_BY_SOMEBODY' }),
    row('held', held),
    row('held-check', { ...held, job_type: AWAITING_BATCH, batch_id: 'msgbatch_y', batch_job_id: 'held' }),
    row('done', { status: 'COMPLETED', worker_id: 'python-9' }),
  ];
}
