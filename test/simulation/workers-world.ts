import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { jobFinder } from '../../lambdas/stores/jobs.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { stepWorld } from '../../local/embedded/steps.ts';
import type { StreamsClient } from '../../local/machine/stream-reader.ts';
import type { Lease } from '../../local/worker/lease.ts';
import { leaseTable } from '../../local/worker/lease-table.ts';
import { Worker } from '../../local/worker/worker.ts';
import { silent } from '../../perf/runs/measure.ts';
import { narratives } from '../support/memory/dynamodb.ts';
import { allRows } from '../support/readers.ts';
import { gatedDynamo, gatedFetch, gatedPool } from './calls.ts';
import { currentInvocation, Gate, type HandOff, type Invocation, invoke, never, type Process } from './gate.ts';
import { watchOf } from './invariants/watch.ts';
import type { Polis, Tables } from './stores.ts';
import { Timers } from './timers.ts';
import {
  impatient,
  LEDGER_DAYS,
  openApi,
  replaced,
  SECONDS_OF_A_RUN,
  type SimulatedWorld,
  START,
  secondsInVain,
  settingsOf,
  type WorldOptions,
} from './world.ts';

/** A process that was killed or has stopped is started again after this. */
const RESTART_SECONDS = 25;
/** Longer than a lease lasts, and shorter than an unclear submission is waited for. */
const FROZEN_SECONDS = 200;
/** As often as its lease needs, and seldom enough for a simulation. */
const RENEW_SECONDS = 30;
const LOOK_SECONDS = 60;
/** Executions that run for so long never end. */
const MAX_SETTLE_SECONDS = 4 * 86_400;

/** A DynamoDB that has all tables, and no stream: what the stream would tell is delivered by the simulation. */
const noStream = { send: async () => ({ Table: {} }) } as unknown as DynamoDBClient;

/**
 * Workers under simulation for one run, on the same tables, with the same steps and clients as {@link openWorld} has. Each
 * is a process that may be killed, stand still or be told to stop at any call, and is then started again.
 */
export async function openWorkersWorld(
  polis: Polis,
  tables: Tables,
  { plan, provider = 'anthropic', secondsPerBatch, readBack, broken = {} }: WorldOptions,
  count: number,
): Promise<SimulatedWorld> {
  const processes: WorkerProcess[] = [];
  /** invocations that nothing but time goes on with */
  const sleeping = new Set<object>();
  const isAwake = (invocation: Invocation) =>
    !invocation.dead && !sleeping.has(invocation) && !(invocation.process as WorkerProcess).standsStill;
  const timers: Timers = new Timers(
    START,
    () => gate.underWay.values().some(isAwake) || processes.some((process) => process.isBusy()),
  );
  const now = () => new Date(timers.now());
  const running = (execution: string) => processes.some((process) => process.runs(execution));
  const watch = watchOf(tables.db, running);
  const gate: Gate = new Gate(plan, {
    timeout: (service, what) => {
      const waiting = currentInvocation();
      return asleep(waiting, timers.wait(secondsInVain(service, what)));
    },
    stop: async () => undefined,
  });
  async function asleep<T>(invocation: object | undefined, time: Promise<T>): Promise<T> {
    if (invocation) sleeping.add(invocation);
    try {
      return await time;
    } finally {
      if (invocation) sleeping.delete(invocation);
    }
  }
  const { standIn, client, keysSent, putBatch } = await openApi(provider, secondsPerBatch, () => timers.now());
  const dbOf = (check?: () => void) => gatedDynamo(tables.functionsDb ?? tables.db, () => gate, watch.wrote, check);
  const db = dbOf();
  let happens: ((state: string) => Promise<unknown> | false) | undefined;
  let between: Promise<unknown> = Promise.resolve();
  const jobs: string[] = [];
  const runs = new Map<string, number>();

  /** @param lease whose end closes the stores; undefined: of none */
  function newWorld(lease?: Lease) {
    const check = lease && !broken.unfenced ? () => lease.check() : undefined;
    const whole = stepWorld({
      db: dbOf(check),
      pool: gatedPool(polis.pool, () => gate),
      anthropic: impatient(client.withOptions({ fetch: gatedFetch(() => gate, watch.cancels, provider, check) })),
      log: silent,
      settings: settingsOf(readBack),
      now,
    });
    return replaced(broken.steps, whole);
  }
  const steps = newWorld();
  const leases = replaced(broken.leases, leaseTable(db, TABLE_NAMES.ledger, LEDGER_DAYS));
  const finder = jobFinder(db, TABLE_NAMES.jobs);

  function newWorker(process: WorkerProcess): Worker {
    return new Worker({
      dynamo: noStream,
      streams: {} as StreamsClient,
      world: steps,
      worldFor: newWorld,
      finder,
      leases,
      clocks: { monotonic: () => timers.now(), wall: () => timers.now() },
      narratives: { ...narratives, definition: replaced(broken.definition, narratives.definition) },
      // so that the rows are named as those of a deployment are
      stage: '',
      turnStreamOn: false,
      sweepMinutes: 15,
      log: silent,
      simulated: {
        machine: {
          retryScale: 0,
          pause: (seconds) => process.after(seconds),
          onEvent: (_execution, event) => {
            if (event.type !== 'StateEntered' || event.stateType !== 'Wait') return;
            const happening = happens?.(event.state ?? '');
            if (!happening) return;
            happens = undefined;
            between = happening;
          },
        },
        around: (name, step) => async (input) => {
          await between;
          const state = input as HandOff;
          if (!jobs.includes(state.job_id)) jobs.push(state.job_id);
          const letter = String.fromCharCode('a'.charCodeAt(0) + jobs.indexOf(state.job_id));
          // it may have died while something else happened
          if (process.isGone) return never();
          if (processes.filter((each) => each.worksOn(state.execution)).length > 1)
            watch.lies.push(`two workers are at work on ${state.execution}`);
          return process.run(`${letter}.${name}`, () => step(input), state);
        },
      },
    });
  }

  /** One process of a worker, from its start to its end. */
  class WorkerProcess implements Process {
    readonly ends = new Set<() => void>();
    readonly #name: string;
    readonly #underWay = new Map<Promise<unknown>, object>();
    readonly #worker: Worker;
    readonly #restart: () => void;
    #state: 'up' | 'stopping' | 'gone' = 'up';
    #frozen: Promise<void> | undefined;

    get isGone(): boolean {
      return this.#state === 'gone';
    }

    get standsStill(): boolean {
      return this.#frozen !== undefined;
    }

    constructor(letter: string, nth: number) {
      this.#name = `${letter}${nth}`;
      this.#restart = () => void timers.wait(RESTART_SECONDS).then(() => startProcess(letter, nth + 1));
      this.#worker = newWorker(this);
    }

    /** Does its duties until it ends. */
    async live(): Promise<void> {
      try {
        await this.run('start', () => this.#worker.start());
      } catch {
        // what cannot start ends, and whoever started it tries again
        if (this.#state === 'up') this.die();
        return;
      }
      void this.#again('renew', RENEW_SECONDS, () => this.#worker.renew());
      void this.#again('look', LOOK_SECONDS, () => this.#worker.look());
    }

    async #again(name: string, seconds: number, work: () => Promise<unknown>): Promise<void> {
      for (;;) {
        await this.after(seconds);
        if (this.#state !== 'up') return;
        await this.run(name, work).catch(() => undefined);
      }
    }

    /** Resolves after so much time, or later when the process stands still. */
    async after(seconds: number): Promise<void> {
      await timers.wait(seconds);
      await this.awake();
    }

    run<T>(name: string, work: () => Promise<T>, state?: HandOff): Promise<T> {
      const label = `${this.#name}.${name}`;
      const nth = (runs.get(label) ?? 0) + 1;
      runs.set(label, nth);
      timers.take(SECONDS_OF_A_RUN);
      let mine: object = {};
      const began = () => {
        mine = currentInvocation() ?? mine;
        return work();
      };
      const going = invoke(`${label}#${nth}`, began, state, this);
      const heard = going.catch(() => undefined).finally(() => this.#underWay.delete(heard));
      this.#underWay.set(heard, mine);
      return going;
    }

    /** Whether something is at work here that no timer has to wake. */
    isBusy(): boolean {
      if (this.#state === 'gone' || this.#frozen) return false;
      return [...this.#underWay.values()].some((invocation) => !sleeping.has(invocation));
    }

    /** Whether it runs an execution and may: one that has lost its lease does nothing that counts. */
    worksOn(execution: string): boolean {
      return !this.#frozen && this.runs(execution) && this.#worker.holdsLease;
    }

    runs(execution: string): boolean {
      return this.#state !== 'gone' && this.#worker.executions.names().includes(execution);
    }

    names(): string[] {
      return this.#state === 'gone' ? [] : this.#worker.executions.names();
    }

    async take(event: DynamoDBStreamEvent): Promise<void> {
      if (this.#state !== 'up' || this.#frozen) return;
      await this.run('dispatch', async () => this.#worker.take(event)).catch(() => undefined);
    }

    async sweep(): Promise<void> {
      if (this.#state !== 'up' || this.#frozen) return;
      await this.run('sweep', () => this.#worker.sweep()).catch(() => undefined);
    }

    die(): void {
      if (this.#state === 'gone') return;
      this.#state = 'gone';
      this.#worker.executions.stop();
      for (const end of this.ends) end();
      this.#restart();
    }

    freeze(): void {
      this.#frozen ??= timers.wait(FROZEN_SECONDS).then(() => {
        this.#frozen = undefined;
      });
    }

    async awake(): Promise<void> {
      if (!this.#frozen) return;
      await asleep(currentInvocation(), this.#frozen);
    }

    terminate(): void {
      if (this.#state !== 'up') return;
      this.#state = 'stopping';
      // not within the call at which it is told
      void this.run('stop', () => this.#worker.stop())
        .catch(() => undefined)
        .then(() => this.die());
    }

    /** For the end of the simulation. */
    end(): void {
      this.#state = 'gone';
      this.#worker.executions.stop();
    }
  }

  async function startProcess(letter: string, nth: number): Promise<void> {
    if (closed) return;
    const process = new WorkerProcess(letter, nth);
    processes.push(process);
    await process.live();
  }
  let closed = false;
  let losing = false;
  const delivered: DynamoDBStreamEvent[] = [];
  tables.deliverTo.handler = async (event) => {
    delivered.push(event);
    if (!losing) await Promise.all(processes.map((process) => process.take(event)));
    return { batchItemFailures: [] };
  };
  const letters = Array.from({ length: count }, (_, at) => String.fromCharCode('A'.charCodeAt(0) + at));
  await timers.until(Promise.all(letters.map((letter) => startProcess(letter, 1))));

  /** Whether an execution has yet to come to its end, be it that its worker is gone. */
  async function isUnderWay(): Promise<boolean> {
    if (processes.some((process) => process.names().length > 0)) return true;
    const rows = await allRows(tables.db, TABLE_NAMES.ledger);
    const left = rows.filter(({ job_id, status }) => String(job_id).startsWith('execution:') && status === 'RUNNING');
    return left.length > 0;
  }

  return {
    gate,
    standIn,
    keysSent,
    putBatch,
    machine: {
      names: () => processes.flatMap((process) => process.names()),
      status: (name: string) => (running(name) ? { status: 'RUNNING' as const } : undefined),
    },
    steps,
    deadLetters: [],
    lies: watch.lies,
    db: tables.db,
    now,
    pass: (seconds: number) => timers.pass(seconds),
    onWait(what: (state: string) => Promise<unknown> | false) {
      happens = what;
    },
    streamIs(state: 'on' | 'off') {
      losing = state === 'off';
    },
    async redeliver() {
      const again = delivered.splice(0);
      await gate.undisturbed(async () => {
        for (const event of again) await tables.deliverTo.handler(event);
      });
    },
    undisturbed: <T>(work: () => Promise<T>): Promise<T> => gate.undisturbed(work),
    async settle() {
      const until = timers.now() + MAX_SETTLE_SECONDS * 1000;
      for (;;) {
        await timers.quiet();
        if ((await timers.until(tables.pump.poll())) > 0) continue;
        if (!(await isUnderWay())) return;
        if (!(await timers.next(until))) return;
      }
    },
    async sweep() {
      await timers.until(Promise.all(processes.map((process) => process.sweep())));
    },
    async close() {
      closed = true;
      for (const process of processes) process.end();
      await standIn.close();
    },
  };
}
