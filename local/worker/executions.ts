import { whyOf } from '../../lambdas/shared/errors.ts';
import type { JobState } from '../../lambdas/shared/hand-off.ts';
import type { Log } from '../../lambdas/shared/log.ts';
import type { ExecutionStatus, ExecutionStatuses, Executions } from '../../lambdas/stores/executions.ts';
import type { StepName } from '../../lib/functions.ts';
import { type StepWorld, taskSteps } from '../embedded/steps.ts';
import type { Step } from '../machine/asl.ts';
import { endOf, type MachineEvent, type ExecutionStatus as MachineStatus } from '../machine/execution.ts';
import { LocalStateMachine, type LocalStateMachineOptions } from '../machine/local-machine.ts';
import type { SynthesizedNarratives } from '../machine/narratives.ts';
import { type Clocks, LEASE_SECONDS, type Lease, LeaseLost } from './lease.ts';
import type { LeaseTable, RunRow } from './lease-table.ts';

/** How an execution ended that did not come to its own end, as Step Functions would report it. */
export interface EndedBadly {
  name: string;
  status: 'FAILED' | 'TIMED_OUT';
  input: RunRow['input'];
  error: string;
  cause: string;
}

export interface WorkerExecutionsOptions {
  table: LeaseTable;
  /** the lease that this worker has now */
  lease: () => Lease;
  clocks: Clocks;
  narratives: Pick<SynthesizedNarratives, 'definition' | 'stepOfState'>;
  world: Pick<StepWorld, 'now'>;
  /** What steps are given: nothing of it calls anybody any more once the lease has ended. */
  worldFor: (lease: Lease) => StepWorld;
  log: Log;
  /** An execution failed or timed out; the sweep sees to its row if this fails. */
  onEndedBadly: (ended: EndedBadly) => Promise<unknown>;
  /** for simulations */
  machine?: Pick<LocalStateMachineOptions, 'pause' | 'retryScale' | 'onEvent'>;
  /** for simulations: around each run of a step */
  around?: (name: StepName, step: Step) => Step;
}

interface Running {
  lease: Lease;
  row: RunRow;
  world: StepWorld;
}

/** Functions are ended after their limit; the state machine waits for so much longer. */
const GRACE_SECONDS = 30;

/**
 * Step Functions for workers that share a table: executions run in this process, and a row of the ledger says which worker
 * runs which. An execution is started once, whoever asks for it. When its worker dies, another one starts it again from
 * its first state, where every step finds what was done before.
 */
export class WorkerExecutions implements Executions, ExecutionStatuses {
  readonly #options: WorkerExecutionsOptions;
  readonly #machine: LocalStateMachine;
  readonly #running = new Map<string, Running>();
  /** ends that are not yet in the table */
  readonly #ended = new Map<string, Running & { end: MachineStatus }>();
  /** leases of others as they were first seen unchanged: how often renewed, and when, by the monotonic clock */
  readonly #seen = new Map<string, { renewals: number; since: number }>();
  readonly #inFlight = new Set<Promise<unknown>>();
  #world: { lease: Lease; world: StepWorld } | undefined;

  constructor(options: WorkerExecutionsOptions) {
    this.#options = options;
    const steps = [...new Set(Object.values(options.narratives.stepOfState))] as StepName[];
    this.#machine = new LocalStateMachine({
      ...options.narratives,
      ...options.machine,
      steps: Object.fromEntries(steps.map((name) => [name, this.#step(name)])),
      forgetful: true,
      onEvent: (name, event) => {
        options.machine?.onEvent?.(name, event);
        this.#hear(name, event);
      },
    });
  }

  /** Names of the executions that this worker runs. */
  names(): string[] {
    return [...this.#running.keys()];
  }

  async start(name: string, input: unknown): Promise<'started' | 'already_started'> {
    const { table, lease, world } = this.#options;
    const now = world.now();
    const mine = lease();
    mine.check();
    const run = input as RunRow['input'];
    const row: RunRow = {
      worker: mine.id,
      status: 'RUNNING',
      input: run,
      round: 0,
      first_round: 1,
      started_at: now.toISOString(),
    };
    if (!(await table.start(name, row, now))) return (await this.resume(name)) ? 'started' : 'already_started';
    this.#begin(name, row, mine);
    return 'started';
  }

  async status(name: string): Promise<ExecutionStatus> {
    return (await this.#options.table.run(name))?.status ?? 'unknown';
  }

  /**
   * Goes on with an execution whose worker is dead, or whose start this worker was not answered for.
   * @returns whether this worker runs it now
   */
  async resume(name: string): Promise<boolean> {
    if (this.#running.has(name)) return true;
    const { table, lease, log } = this.#options;
    if (this.#ended.has(name)) return false;
    const row = await table.run(name);
    if (row && row.status !== 'RUNNING') await table.leave(name);
    if (row?.status !== 'RUNNING') return false;
    const mine = lease();
    mine.check();
    if (row.worker !== mine.id) {
      if (!(await this.#isDead(row.worker)) || !(await table.takeOver(name, row.worker, mine.id))) return false;
      log.warn('execution taken over from a worker that is gone', { execution: name, worker: row.worker });
    }
    this.#begin(name, { ...row, worker: mine.id }, mine);
    return true;
  }

  /** Ends what has run for too long, and writes ends that could not be written when they came. */
  async tend(): Promise<void> {
    const limit = (this.#options.narratives.definition.TimeoutSeconds ?? Number.POSITIVE_INFINITY) * 1000;
    const now = this.#options.world.now().getTime();
    for (const [name, { row }] of this.#running) {
      if (now - Date.parse(row.started_at) < limit) continue;
      this.#machine.abort(name);
      this.#end(name, { status: 'TIMED_OUT' });
    }
    await Promise.all([...this.#ended.keys()].map((name) => this.#writeEnd(name)));
  }

  /** Stops every execution where it is; steps at work come to their end, and none begins. */
  stop(): void {
    for (const name of this.names()) {
      this.#running.delete(name);
      this.#machine.abort(name);
    }
  }

  /** Resolves when no step is at work. */
  async rest(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.allSettled(this.#inFlight);
  }

  /** Resolves when no execution runs. */
  idle(): Promise<void> {
    return this.#machine.idle();
  }

  #begin(name: string, row: RunRow, lease: Lease): void {
    // while the table was asked, another call may have begun it
    if (this.#running.has(name)) return;
    this.#running.set(name, { lease, row, world: this.#worldOf(lease) });
    const { round, first_round, input } = row;
    // where it was: the count of rounds goes on
    this.#machine.start(name, round === 0 ? input : { ...input, round, first_round });
  }

  /** One world for each lease: it has clients of its own. */
  #worldOf(lease: Lease): StepWorld {
    if (this.#world?.lease !== lease) this.#world = { lease, world: this.#options.worldFor(lease) };
    return this.#world.world;
  }

  #step(name: StepName): Step {
    const limitSeconds = limitOf(this.#options.narratives, name);
    const step: Step = async (input) => {
      const { execution, job_id } = input as JobState;
      const running = this.#running.get(execution);
      if (!running) throw new LeaseLost(`execution ${execution} is not run by this worker any more`);
      running.lease.check();
      const until = performance.now() + limitSeconds * 1000;
      const log = logWithIds(running.world.log, { job_id, execution });
      const world = { ...running.world, log, remainingMs: () => until - performance.now() };
      const output = (await taskSteps(world)[name](input)) as JobState;
      await this.#noteRounds(execution, running, output);
      return output;
    };
    const whole = this.#options.around?.(name, step) ?? step;
    return async (input) => {
      const working = whole(input);
      const heard = working.catch(() => undefined).finally(() => this.#inFlight.delete(heard));
      this.#inFlight.add(heard);
      return working;
    };
  }

  /** Another worker that goes on from here knows how many rounds there were. */
  async #noteRounds(name: string, running: Running, { round, first_round }: Partial<JobState>): Promise<void> {
    const { row, lease } = running;
    if (round === undefined || first_round === undefined) return;
    if (row.round === round && row.first_round === first_round) return;
    if (await this.#options.table.note(name, lease.id, { round, first_round })) {
      running.row = { ...row, round, first_round };
      return;
    }
    lease.end();
    lease.check();
  }

  #hear(name: string, event: MachineEvent): void {
    const end = endOf(event);
    if (end && end.status !== 'ABORTED') this.#end(name, end);
  }

  #end(name: string, end: MachineStatus): void {
    const running = this.#running.get(name);
    if (!running) return;
    this.#running.delete(name);
    this.#ended.set(name, { ...running, end });
    void this.#writeEnd(name);
  }

  async #writeEnd(name: string): Promise<void> {
    const { table, log, onEndedBadly } = this.#options;
    const ended = this.#ended.get(name);
    if (!ended) return;
    const { lease, row, end } = ended;
    const { status, error = '', cause = '' } = end;
    try {
      // one whose lease has ended goes on elsewhere, or is begun again here
      if (lease.isHeld()) {
        await table.end(name, lease.id, status as RunRow['status']);
        await table.leave(name);
      }
    } catch (why) {
      log.warn('the end of an execution could not be written, and will be', { execution: name, why: whyOf(why) });
      return;
    }
    this.#ended.delete(name);
    if (!lease.isHeld() || (status !== 'FAILED' && status !== 'TIMED_OUT')) return;
    await onEndedBadly({ name, status, input: row.input, error, cause }).catch((why: unknown) =>
      log.warn('the row of an execution that ended is left to the sweep', { execution: name, why: whyOf(why) }),
    );
  }

  /** Whether a worker has given no sign of life for as long as a lease lasts; its lease is then taken away. */
  async #isDead(worker: string): Promise<boolean> {
    const { table, clocks } = this.#options;
    const renewals = await table.renewals(worker);
    if (renewals === undefined) return true;
    const seen = this.#seen.get(worker);
    if (seen?.renewals !== renewals) {
      this.#seen.set(worker, { renewals, since: clocks.monotonic() });
      return false;
    }
    if (clocks.monotonic() - seen.since < LEASE_SECONDS * 1000) return false;
    await table.close(worker, renewals);
    this.#seen.delete(worker);
    // it may have been renewed in this very moment
    return (await table.renewals(worker)) === undefined;
  }
}

/** The time limit of a step's function, in seconds: what the state machine allows, without the time that it waits longer. */
function limitOf({ definition, stepOfState }: WorkerExecutionsOptions['narratives'], step: StepName): number {
  const [state = ''] = Object.entries(stepOfState).find(([, of]) => of === step) ?? [];
  const { TimeoutSeconds } = (definition.States[state] ?? {}) as { TimeoutSeconds?: number };
  return (TimeoutSeconds ?? Number.POSITIVE_INFINITY) - GRACE_SECONDS;
}

/** A log that puts ids on its lines; steps add to them. */
function logWithIds(log: Log, first: Record<string, string | undefined>): Log {
  let ids = first;
  return {
    info: (message, fields) => log.info(message, { ...ids, ...fields }),
    warn: (message, fields) => log.warn(message, { ...ids, ...fields }),
    error: (message, fields) => log.error(message, { ...ids, ...fields }),
    ids(more) {
      ids = { ...ids, ...more };
    },
  };
}
