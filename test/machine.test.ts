import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { CreateTableCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  ExpiredIteratorException,
  type GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams';
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RETRIED_ERRORS, StoreUnavailable } from '../lambdas/domain/errors.ts';
import { STATE } from '../lib/state-names.ts';
import { LocalStateMachine, type LocalStateMachineOptions } from '../local/machine/local-machine.ts';
import { statesEntered } from '../local/machine/machine-event.ts';
import { parsePattern, passes } from '../local/machine/stream-filter.ts';
import { StreamPump, type StreamPumpOptions } from '../local/machine/stream-pump.ts';
import type { StreamsClient } from '../local/machine/stream-reader.ts';
import { synthNarratives } from '../local/machine/template.ts';

const synthesized = synthNarratives();
const JOB = { job_id: 'job-1', job_type: 'CREATE_NARRATIVE_BATCH', version: 1, execution: 'job-1-1' };
const AWAITING = { ...JOB, job_type: 'AWAITING_NARRATIVE_BATCH' };

/** What a step does at its first call, its second call …: adds fields to the state, or throws. */
type Script = Record<string, (Record<string, unknown> | Error)[]>;

/** A machine whose steps follow a script; a call past its end fails the job. `fail` gives its input back. */
function scripted(script: Script, options: Partial<LocalStateMachineOptions> = {}) {
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

const structuredCloneScript = (script: Script): Script =>
  Object.fromEntries(Object.entries(script).map(([name, outcomes]) => [name, [...outcomes]]));

async function run(script: Script, input: object = JOB, options: Partial<LocalStateMachineOptions> = {}) {
  const { machine, calls, names } = scripted(script, options);
  machine.start('run', input);
  await machine.idle();
  const history = machine.history('run');
  return { calls, names: names(), history, states: statesEntered(history), ...machine.status('run') };
}

/** The states from a wait to the answer that the batch has ended, or has not. */
const CHECKED = [STATE.wait, STATE.checkBatchStatus, STATE.batchEnded];
const WAIT = { next: 'wait', wait_seconds: 60 };

describe('the state machine of the template', () => {
  it('submits, waits until the batch has ended, collects and completes', async () => {
    const { states, status, output } = await run({
      submit: [{ ...WAIT, round: 1 }],
      'check-status': [WAIT, { next: 'collect' }],
      collect: [{ next: 'complete' }],
      complete: [{ sections: 12 }],
    });
    expect(states).toEqual([
      STATE.batchAlreadySubmitted,
      STATE.submitBatch,
      STATE.submissionRecorded,
      ...CHECKED,
      ...CHECKED,
      STATE.collectResults,
      STATE.sectionsLeftToAskAgain,
      STATE.completeJob,
      STATE.jobCompleted,
    ]);
    expect({ status, output }).toMatchObject({ status: 'SUCCEEDED', output: { ...JOB, round: 1, sections: 12 } });
  });

  it('asks again in a second round for the sections that failed', async () => {
    const { states, names } = await run({
      submit: [
        { ...WAIT, round: 1 },
        { ...WAIT, round: 2 },
      ],
      'check-status': [{ next: 'collect' }, { next: 'collect' }],
      collect: [{ next: 'submit' }, { next: 'complete' }],
      complete: [{}],
    });
    expect(names).toEqual(['submit', 'check-status', 'collect', 'submit', 'check-status', 'collect', 'complete']);
    expect(states.slice(6, 10)).toEqual([
      STATE.collectResults,
      STATE.sectionsLeftToAskAgain,
      STATE.submitBatch,
      STATE.submissionRecorded,
    ]);
  });

  it('takes over the batch of an awaiting job without submitting one', async () => {
    const { states, names } = await run(
      { adopt: [WAIT], 'check-status': [{ next: 'collect' }], collect: [{ next: 'complete' }], complete: [{}] },
      AWAITING,
    );
    expect(names).toEqual(['adopt', 'check-status', 'collect', 'complete']);
    expect(states.slice(0, 4)).toEqual([
      STATE.batchAlreadySubmitted,
      STATE.adoptBatch,
      STATE.submissionRecorded,
      STATE.wait,
    ]);
  });

  it('waits for a submission of unclear fate to settle before it looks again', async () => {
    const settle = { next: 'settle', wait_seconds: 120 };
    const { states } = await run({ submit: [settle, settle, { next: 'complete' }], complete: [{}] });
    const settled = [STATE.submitBatch, STATE.submissionRecorded, STATE.waitForSubmissionToSettle];
    expect(states).toEqual([
      STATE.batchAlreadySubmitted,
      ...settled,
      ...settled,
      STATE.submitBatch,
      STATE.submissionRecorded,
      STATE.completeJob,
      STATE.jobCompleted,
    ]);
  });

  it('completes at once when nothing is left to ask', async () => {
    const { names, status } = await run({ submit: [{ next: 'complete' }], complete: [{}] });
    expect({ names, status }).toEqual({ names: ['submit', 'complete'], status: 'SUCCEEDED' });
  });

  it('leaves a job that belongs to somebody else', async () => {
    const { states, status } = await run({ submit: [{ next: 'leave' }] });
    expect(states.slice(-2)).toEqual([STATE.submissionRecorded, STATE.jobLeftToItsOwner]);
    expect(status).toBe('SUCCEEDED');
  });

  it('goes on collecting when the time limit came before the end of the results', async () => {
    const { states } = await run(
      {
        adopt: [WAIT],
        'check-status': [{ next: 'collect' }],
        collect: [{ next: 'collect' }, { next: 'collect' }, { next: 'complete' }],
        complete: [{}],
      },
      AWAITING,
    );
    expect(states.filter((name) => name === STATE.collectResults)).toHaveLength(3);
    expect(states.at(-1)).toBe(STATE.jobCompleted);
  });

  it.each(RETRIED_ERRORS)('tries a step again after %s, with the input of the first try', async (name) => {
    const passing = Object.assign(new Error('try again'), { name });
    const { history, calls, states, status } = await run({ submit: [passing, passing, { next: 'leave' }] });
    expect(history.filter(({ type }) => type === 'StateRetried').map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(calls.map(({ input }) => input)).toEqual([JOB, JOB, JOB]);
    expect(states).not.toContain(STATE.failJob);
    expect(status).toBe('SUCCEEDED');
  });

  it('fails the job when trouble outlasts six more tries', async () => {
    const { names, states, status, error } = await run({ submit: Array(7).fill(new StoreUnavailable('throttled')) });
    expect(names).toEqual([...Array(7).fill('submit'), 'fail']);
    expect(states.slice(-2)).toEqual([STATE.failJob, STATE.jobFailed]);
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'StoreUnavailable' });
  });

  it('fails the job at once for an error that would come again, and says why as Lambda would', async () => {
    const broken = Object.assign(new TypeError('no such report'), { name: 'ReportMismatch' });
    const { names, calls, status, error, cause } = await run({ submit: [WAIT], 'check-status': [broken] });
    expect(names).toEqual(['submit', 'check-status', 'fail']);
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'ReportMismatch' });
    const told = JSON.parse(cause ?? '');
    expect(told).toMatchObject({ errorType: 'ReportMismatch', errorMessage: 'no such report' });
    expect(told.trace.length).toBeGreaterThan(1);
    expect(calls.at(-1)?.input).toEqual({ ...JOB, ...WAIT, error: { Error: error, Cause: cause } });
  });

  it('tries to write the failure down again when the table is throttling', async () => {
    const { names, status, error } = await run({
      submit: [new Error('broken')],
      fail: [new StoreUnavailable('throttled'), {}],
    });
    expect(names).toEqual(['submit', 'fail', 'fail']);
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'Error' });
  });

  it('ends with the failing step’s own error when the failure cannot be written down', async () => {
    const { status, error } = await run({ submit: [new Error('broken')], fail: [new RangeError('no row')] });
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'RangeError' });
  });
});

describe('the local runner', () => {
  it('waits as long as the state asks, scaled', async () => {
    const { history } = await run({ submit: [{ next: 'wait', wait_seconds: 3 }], 'check-status': [] }, JOB, {
      waitScale: 0.01,
    });
    const [entered, exited] = history.filter(({ state }) => state === STATE.wait);
    expect(entered?.stateType).toBe('Wait');
    expect((exited?.at ?? 0) - (entered?.at ?? 0)).toBeGreaterThanOrEqual(29);
  });

  it.each([-1, 1.5, 'soon', undefined])(
    'ends an execution that is told to wait for %s, as Step Functions does',
    async (seconds) => {
      const { status, error, states } = await run({ submit: [{ next: 'wait', wait_seconds: seconds }] });
      expect({ status, error }).toEqual({ status: 'FAILED', error: 'States.Runtime' });
      expect(states.at(-1)).toBe(STATE.wait);
    },
  );

  it('ends an execution whose state has grown past 256 KB, which nothing can catch', async () => {
    const { status, error, names } = await run({ submit: [{ next: 'leave', sections: 'x'.repeat(300_000) }] });
    expect({ status, error, names }).toEqual({
      status: 'FAILED',
      error: 'States.DataLimitExceeded',
      names: ['submit'],
    });
  });

  it('gives each try a copy of the state, so that a step cannot change what it was given', async () => {
    const seen: unknown[] = [];
    const steps = {
      ...Object.fromEntries(
        Object.values(synthesized.stepOfState).map((name) => [name, async (input: unknown) => input]),
      ),
      submit: async (input: unknown) => {
        seen.push(structuredClone(input));
        Object.assign(input as object, { next: 'leave', round: 9 });
        if (seen.length === 1) throw new StoreUnavailable('half-way');
        return input;
      },
    };
    const machine = new LocalStateMachine({ ...synthesized, steps, retryScale: 0 });
    machine.start('run', JOB);
    await machine.idle();
    expect(seen).toEqual([JOB, JOB]);
  });

  it('starts one execution for a name, whatever becomes of it', async () => {
    const { machine, names } = scripted({ submit: [{ next: 'leave' }] });
    expect(machine.start('a', JOB)).toBe('started');
    expect(machine.start('a', { ...JOB })).toBe('started');
    expect(machine.start('a', { ...JOB, version: 2 })).toBe('already_started');
    await machine.idle();
    expect(machine.start('a', JOB)).toBe('already_started');
    expect(names()).toEqual(['submit']);
    expect(machine.names()).toEqual(['a']);
  });

  it('is idle only when executions started by others have ended as well', async () => {
    const done: string[] = [];
    const { machine } = scripted(
      { submit: [{ next: 'leave' }, { next: 'leave' }] },
      {
        onEvent: (execution, { type }) => {
          if (type !== 'ExecutionSucceeded') return;
          done.push(execution);
          if (execution === 'first') machine.start('second', JOB);
        },
      },
    );
    machine.start('first', JOB);
    await machine.idle();
    expect(done).toEqual(['first', 'second']);
  });

  it('aborts while a step is running, drops its result and starts nothing more', async () => {
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    const { promise: held, resolve: release } = Promise.withResolvers<object>();
    const calls: string[] = [];
    const names = Object.values(synthesized.stepOfState);
    const steps = Object.fromEntries(names.map((name) => [name, async () => calls.push(name)]));
    steps.submit = async () => {
      calls.push('submit');
      reach();
      return held as never;
    };
    const machine = new LocalStateMachine({ ...synthesized, steps, waitScale: 0 });
    machine.start('run', JOB);
    await reached;
    machine.abort('run');
    await machine.idle();
    release(WAIT);
    await new Promise(setImmediate);
    expect(machine.status('run')).toEqual({ status: 'ABORTED' });
    expect(calls).toEqual(['submit']);
    expect(statesEntered(machine.history('run')).at(-1)).toBe(STATE.submitBatch);
  });

  it('aborts while it waits, without waiting for the end', async () => {
    const { promise: waiting, resolve } = Promise.withResolvers<void>();
    const { machine } = scripted(
      { submit: [{ next: 'wait', wait_seconds: 3600 }] },
      {
        waitScale: 1,
        onEvent: (_, { type, state }) => {
          if (type === 'StateEntered' && state === STATE.wait) resolve();
        },
      },
    );
    machine.start('run', JOB);
    await waiting;
    machine.abort('run');
    await machine.idle();
    expect(machine.status('run')).toEqual({ status: 'ABORTED' });
  });

  it('does not carry out the retries of an aborted execution', async () => {
    const { promise: failed, resolve } = Promise.withResolvers<void>();
    const { machine, names } = scripted(
      { submit: Array(7).fill(new StoreUnavailable('throttled')) },
      {
        retryScale: 1000,
        onEvent: (_, { type }) => {
          if (type === 'StateFailed') resolve();
        },
      },
    );
    machine.start('run', JOB);
    await failed;
    machine.abort('run');
    await machine.idle();
    await new Promise(setImmediate);
    expect(names()).toEqual(['submit']);
  });

  it('does not start with a definition that is no state machine', () => {
    const definition = { ...synthesized.definition, StartAt: 'Nowhere' };
    expect(() => scripted({}, { definition })).toThrow(/definition is invalid/);
  });

  it('does not start with a task that has no step', () => {
    expect(() => new LocalStateMachine({ ...synthesized, steps: {} })).toThrow(
      /calls step "submit", which is not among/,
    );
  });
});

describe('filters of the stream', () => {
  const record = (eventName: string, status: string, jobType: string) => ({
    eventName,
    dynamodb: { NewImage: { status: { S: status }, job_type: { S: jobType } } },
  });

  it.each([
    ['INSERT', 'PENDING', 'CREATE_NARRATIVE_BATCH', true],
    ['MODIFY', 'PENDING', 'AWAITING_NARRATIVE_BATCH', true],
    ['REMOVE', 'PENDING', 'CREATE_NARRATIVE_BATCH', false],
    ['MODIFY', 'PROCESSING', 'CREATE_NARRATIVE_BATCH', false],
    ['INSERT', 'PENDING', 'FULL_PIPELINE', false],
  ])('%s of a %s %s row passes: %s', (eventName, status, jobType, expected) => {
    expect(passes(record(eventName, status, jobType), synthesized.filters)).toBe(expected);
  });

  it('drop a record that lacks the field', () => {
    expect(passes({ eventName: 'REMOVE', dynamodb: { Keys: {} } }, synthesized.filters)).toBe(false);
    expect(passes({ eventName: 'INSERT' }, synthesized.filters)).toBe(false);
  });

  it('let everything pass when there are none', () => {
    expect(passes({ eventName: 'REMOVE' }, [])).toBe(true);
  });

  it('are refused when they use a rule that the local run does not know', () => {
    expect(() => parsePattern('{"dynamodb":{"NewImage":{"job_id":{"S":[{"prefix":"batch_"}]}}}}')).toThrow(
      /dynamodb\.NewImage\.job_id\.S uses .*prefix/,
    );
  });
});

/** One shard of a scripted stream; `closed` shards have an end. */
interface FakeShard {
  id: string;
  parent?: string;
  closed?: boolean;
  records: object[];
}

/** A DynamoDB stream behind the client's `send`: iterators count records, expire when told, and shards may be unreadable. */
class FakeStream {
  readonly shards: FakeShard[];
  readonly unreadable = new Set<string>();
  readonly expired = new Set<string>();
  #iterators = 0;
  readonly #at = new Map<string, { shard: FakeShard; index: number }>();

  constructor(...shards: FakeShard[]) {
    this.shards = shards;
  }

  readonly client = { send: async (command: object) => this.#answer(command) } as unknown as StreamsClient;

  expireIterators(): void {
    for (const iterator of this.#at.keys()) this.expired.add(iterator);
  }

  #answer(command: object) {
    if (command instanceof DescribeStreamCommand) return this.#describe(command.input.ExclusiveStartShardId);
    if (command instanceof GetShardIteratorCommand) {
      const { ShardId, ShardIteratorType, SequenceNumber } = command.input;
      const shard = this.shards.find(({ id }) => id === ShardId) as FakeShard;
      const last = shard.records.findIndex((record) => sequenceNumber(record) === SequenceNumber);
      return { ShardIterator: this.#iterator(shard, ShardIteratorType === 'AFTER_SEQUENCE_NUMBER' ? last + 1 : 0) };
    }
    return this.#records((command as GetRecordsCommand).input.ShardIterator as string);
  }

  /** One shard a page, so that paging is always needed. */
  #describe(after: string | undefined) {
    const index = this.shards.findIndex(({ id }) => id === after) + 1;
    const { id, parent } = this.shards[index] as FakeShard;
    const more = index + 1 < this.shards.length ? { LastEvaluatedShardId: id } : {};
    return { StreamDescription: { Shards: [{ ShardId: id, ParentShardId: parent }], ...more } };
  }

  #records(iterator: string) {
    const { shard, index } = this.#at.get(iterator) as { shard: FakeShard; index: number };
    if (this.expired.has(iterator)) throw new ExpiredIteratorException({ message: 'expired', $metadata: {} });
    if (this.unreadable.has(shard.id)) throw new Error(`${shard.id} cannot be read`);
    const next = shard.closed ? {} : { NextShardIterator: this.#iterator(shard, shard.records.length) };
    return { Records: shard.records.slice(index), ...next };
  }

  #iterator(shard: FakeShard, index: number): string {
    const iterator = `iterator-${this.#iterators++}`;
    this.#at.set(iterator, { shard, index });
    return iterator;
  }
}

const sequenceNumber = (record: object) => (record as { dynamodb: { SequenceNumber: string } }).dynamodb.SequenceNumber;

/** The stream record of a new row; the sequence number doubles as the job id. */
function inserted(id: string, status = 'PENDING') {
  return {
    eventID: `event-${id}`,
    eventName: 'INSERT',
    dynamodb: {
      SequenceNumber: id,
      ApproximateCreationDateTime: new Date('2026-11-22T10:00:00.700Z'),
      NewImage: {
        job_id: { S: id },
        status: { S: status },
        job_type: { S: 'CREATE_NARRATIVE_BATCH' },
        prompt: { B: new Uint8Array([1, 2, 255]) },
      },
    },
  };
}

/** A pump whose function answers as told and remembers which records it was called with. */
function pumpOf(
  stream: FakeStream,
  answer: (ids: string[]) => DynamoDBBatchResponse | undefined = () => undefined,
  options: Partial<StreamPumpOptions> = {},
) {
  const batches: string[][] = [];
  const dead: string[] = [];
  const pump = new StreamPump({
    client: stream.client,
    streamArn: 'arn:stream',
    filters: synthesized.filters,
    batchSize: synthesized.batchSize,
    retryAttempts: 2,
    pollMs: 0,
    handler: async ({ Records }: DynamoDBStreamEvent) => {
      const ids = Records.map(sequenceNumber);
      batches.push(ids);
      return answer(ids);
    },
    onDeadLetter: (record, reason) => dead.push(`${sequenceNumber(record)}: ${reason}`),
    ...options,
  });
  return { pump, batches, dead };
}

const failed = (...ids: string[]) => ({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) });

describe('the stream pump', () => {
  it("hands the records that pass the filters to the function, in Lambda's shape", async () => {
    const events: DynamoDBStreamEvent[] = [];
    const stream = new FakeStream({ id: 's', records: [inserted('1', 'FAILED'), inserted('2')] });
    const { pump } = pumpOf(stream, undefined, { handler: async (event) => void events.push(event) as undefined });
    expect(await pump.poll()).toBe(2);
    expect(events).toEqual([
      {
        Records: [
          {
            eventID: 'event-2',
            eventName: 'INSERT',
            eventSourceARN: 'arn:stream',
            dynamodb: {
              SequenceNumber: '2',
              ApproximateCreationDateTime: 1795341600,
              NewImage: {
                job_id: { S: '2' },
                status: { S: 'PENDING' },
                job_type: { S: 'CREATE_NARRATIVE_BATCH' },
                prompt: { B: 'AQL/' },
              },
            },
          },
        ],
      },
    ]);
  });

  it('reads each record once, and new ones when they come', async () => {
    const stream = new FakeStream({ id: 's', records: [inserted('1')] });
    const { pump, batches } = pumpOf(stream);
    await pump.poll();
    stream.shards[0]?.records.push(inserted('2'));
    expect([await pump.poll(), await pump.poll()]).toEqual([1, 0]);
    expect(batches).toEqual([['1'], ['2']]);
  });

  it('never hands over more than a batch', async () => {
    const stream = new FakeStream({ id: 's', records: ['1', '2', '3', '4', '5'].map((id) => inserted(id)) });
    const { pump, batches } = pumpOf(stream, undefined, { batchSize: 2 });
    await pump.poll();
    expect(batches).toEqual([['1', '2'], ['3', '4'], ['5']]);
  });

  it('hands the first failed record and all after it over again', async () => {
    const stream = new FakeStream({ id: 's', records: ['1', '2', '3'].map((id) => inserted(id)) });
    let calls = 0;
    const { pump, batches, dead } = pumpOf(stream, () => (calls++ === 0 ? failed('3', '2') : undefined));
    await pump.poll();
    expect({ batches, dead }).toEqual({
      batches: [
        ['1', '2', '3'],
        ['2', '3'],
      ],
      dead: [],
    });
  });

  it('counts the tries of each record for itself', async () => {
    const stream = new FakeStream({ id: 's', records: ['1', '2'].map((id) => inserted(id)) });
    const answers = [failed('1'), failed('1'), failed('2'), failed('2'), undefined];
    const { pump, batches, dead } = pumpOf(stream, () => answers.shift());
    await pump.poll();
    expect({ batches, dead }).toEqual({ batches: [['1', '2'], ['1', '2'], ['1', '2'], ['2'], ['2']], dead: [] });
  });

  it('makes a dead letter of a record after its last retry, and goes on with the next', async () => {
    const stream = new FakeStream({ id: 's', records: ['1', '2', '3'].map((id) => inserted(id)) });
    const { pump, batches, dead } = pumpOf(stream, (ids) => (ids.includes('2') ? failed('2') : undefined));
    await pump.poll();
    expect(batches).toEqual([['1', '2', '3'], ['2', '3'], ['2', '3'], ['3']]);
    expect(dead).toEqual(['2: the function reported the record as failed']);
  });

  it('halves a batch that fails as a whole until the record to blame is alone', async () => {
    const stream = new FakeStream({ id: 's', records: ['1', '2', '3', '4'].map((id) => inserted(id)) });
    const { pump, batches, dead } = pumpOf(stream, (ids) => {
      if (ids.includes('3')) throw new RangeError('poison');
      return undefined;
    });
    await pump.poll();
    expect(batches).toEqual([['1', '2', '3', '4'], ['1', '2'], ['3', '4'], ['3'], ['3'], ['3'], ['4']]);
    expect(dead).toEqual(['3: RangeError: poison']);
  });

  it('takes an unknown record identifier for a failure of the whole batch', async () => {
    const stream = new FakeStream({ id: 's', records: [inserted('1')] });
    const { pump, batches, dead } = pumpOf(stream, () => failed(''));
    await pump.poll();
    expect(batches).toEqual([['1'], ['1'], ['1']]);
    expect(dead).toHaveLength(1);
  });

  it('reads a parent shard to its end before its children, in whatever order they are listed', async () => {
    const stream = new FakeStream(
      { id: 'child', parent: 'parent', records: [inserted('2')] },
      { id: 'parent', parent: 'trimmed', closed: true, records: [inserted('1')] },
    );
    const { pump, batches } = pumpOf(stream);
    await pump.poll();
    await pump.poll();
    expect(batches).toEqual([['1'], ['2']]);
  });

  it('finds the shards that follow when all known ones have come to their end', async () => {
    const stream = new FakeStream({ id: 'a', closed: true, records: [inserted('1')] });
    const { pump, batches } = pumpOf(stream);
    await pump.poll();
    stream.shards.push({ id: 'b', parent: 'a', records: [inserted('2')] });
    await pump.poll();
    expect(batches).toEqual([['1'], ['2']]);
  });

  it('goes on after the last record when an iterator has expired', async () => {
    const stream = new FakeStream({ id: 's', records: [inserted('1')] });
    const { pump, batches } = pumpOf(stream);
    await pump.poll();
    stream.expireIterators();
    stream.shards[0]?.records.push(inserted('2'));
    await pump.poll();
    await pump.poll();
    expect(batches).toEqual([['1'], ['2']]);
  });

  it('loses no record of one shard when another cannot be read', async () => {
    const stream = new FakeStream({ id: 'a', records: [inserted('1')] }, { id: 'b', records: [inserted('2')] });
    stream.unreadable.add('b');
    const { pump, batches } = pumpOf(stream);
    await expect(pump.poll()).rejects.toThrow('b cannot be read');
    stream.unreadable.clear();
    await pump.poll();
    expect(batches).toEqual([['1'], ['2']]);
  });

  it('keeps reading by itself through trouble, until it is closed', async () => {
    const stream = new FakeStream({ id: 's', records: [inserted('1')] });
    stream.unreadable.add('s');
    const { promise: delivered, resolve } = Promise.withResolvers<void>();
    const troubles: unknown[] = [];
    const { pump, batches } = pumpOf(stream, () => void resolve() as undefined, {
      onError: (error) => {
        troubles.push(error);
        stream.unreadable.clear();
      },
    });
    pump.start();
    await delivered;
    await pump.close();
    stream.shards[0]?.records.push(inserted('2'));
    await new Promise(setImmediate);
    expect(troubles).toHaveLength(1);
    expect(batches).toEqual([['1']]);
  });
});

const DYNOXIDE = fileURLToPath(new URL('../node_modules/@dynoxide/linux-x64/dynoxide', import.meta.url));

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

describe.skipIf(!existsSync(DYNOXIDE))('the stream pump on the embedded DynamoDB', () => {
  const access = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  let server: ChildProcess;
  let endpoint: string;

  beforeAll(async () => {
    const port = await freePort();
    endpoint = `http://127.0.0.1:${port}`;
    server = spawn(DYNOXIDE, ['--port', String(port)], { stdio: ['ignore', 'ignore', 'pipe'] });
    // It says on which address it listens once it does.
    await once(server.stderr as NodeJS.ReadableStream, 'data');
  });
  afterAll(() => server.kill());

  it("hands a row put into the template's own job table to the function", async () => {
    const database = new DynamoDBClient({ endpoint, ...access });
    const streams = new DynamoDBStreamsClient({ endpoint, ...access });
    for (const table of synthesized.tables.slice(1)) await database.send(new CreateTableCommand(table));
    const made = await database.send(new CreateTableCommand(synthesized.tables[0] ?? ({} as never)));
    const put = (jobId: string, jobType: string) =>
      database.send(
        new PutItemCommand({
          TableName: 'Delphi_JobQueue',
          Item: { job_id: { S: jobId }, status: { S: 'PENDING' }, job_type: { S: jobType }, worker_id: { S: 'none' } },
        }),
      );
    await put('pipeline', 'FULL_PIPELINE');
    await put('narrative', 'CREATE_NARRATIVE_BATCH');
    const seen: unknown[] = [];
    const pump = new StreamPump({
      ...synthesized,
      client: streams,
      streamArn: made.TableDescription?.LatestStreamArn ?? '',
      handler: async ({ Records }) =>
        void seen.push(...Records.map(({ dynamodb }) => dynamodb?.NewImage?.job_id)) as undefined,
      onDeadLetter: () => {},
    });
    expect(await pump.poll()).toBe(2);
    expect(seen).toEqual([{ S: 'narrative' }]);
    await pump.close();
  });
});
