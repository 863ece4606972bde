import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { streamHandler } from '../../lambdas/handlers/dispatch.ts';
import { canRun, type LooseRow, looseRow, runOf, standingOf } from '../../lambdas/job/standing.ts';
import { whyOf } from '../../lambdas/shared/errors.ts';
import type { Log } from '../../lambdas/shared/log.ts';
import { dispatch } from '../../lambdas/steps/dispatch.ts';
import type { JobFinder } from '../../lambdas/stores/jobs.ts';
import { executionChanged } from '../../lambdas/watchdog/execution-changed.ts';
import { type SweepResult, sweep } from '../../lambdas/watchdog/sweep.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import type { StepWorld } from '../embedded/steps.ts';
import type { SynthesizedNarratives } from '../machine/narratives.ts';
import type { StreamHandler } from '../machine/stream-pump.ts';
import { type EndedBadly, WorkerExecutions, type WorkerExecutionsOptions } from './executions.ts';
import { type Duty, Health } from './health.ts';
import { JobStream, type JobStreamOptions } from './job-stream.ts';
import { type Clocks, Lease, RENEW_SECONDS } from './lease.ts';
import type { LeaseTable } from './lease-table.ts';
import { createLedger } from './tables.ts';

export interface WorkerOptions {
  dynamo: DynamoDBClient;
  streams: JobStreamOptions['pump']['client'];
  /** for the sweep and for what starts executions: every change that they make is conditional */
  world: StepWorld;
  worldFor: WorkerExecutionsOptions['worldFor'];
  finder: JobFinder;
  leases: LeaseTable;
  clocks: Clocks;
  narratives: SynthesizedNarratives;
  /** of all workers on these tables; not that of a deployment */
  stage: string;
  turnStreamOn: boolean;
  sweepMinutes: number;
  log: Log;
  /** for simulations */
  simulated?: Pick<WorkerExecutionsOptions, 'machine' | 'around'>;
}

/** Where the stream tells of new rows, this only finds what it has missed, and executions of workers that died. */
const LOOK_SECONDS = { 'by stream': 30, 'by index': 2 } as const;
/** A table that was made anew has no stream; nothing else tells of one that was turned off. */
const TABLES_SECONDS = { 'by stream': 20, 'by index': 10 } as const;
/** How soon a duty is seen to be due. */
const TICK_MS = 1_000;
const EVENT_TRIES = 3;
/** Steps at work when the worker is stopped have so long to come to their end. Docker kills after ten seconds. */
const REST_MS = 6_000;

/**
 * A worker on the tables of a Polis: starts an execution for each job, and does by timers what rules of AWS do in a
 * deployment. Any number of workers may share the tables.
 */
export class Worker {
  readonly health = new Health();
  readonly executions: WorkerExecutions;
  readonly stream: JobStream;
  /** What the stream's records are handed to. */
  readonly take: StreamHandler;
  readonly #options: WorkerOptions;
  readonly #stopping = new AbortController();
  #lease: Lease;
  #loops: Promise<void>[] = [];

  constructor(options: WorkerOptions) {
    this.#options = options;
    const { world, worldFor, leases, clocks, narratives, log, stage, dynamo, streams, simulated } = options;
    this.#lease = this.#newLease();
    this.executions = new WorkerExecutions({
      table: leases,
      lease: () => this.#lease,
      clocks,
      narratives,
      world,
      worldFor,
      log,
      onEndedBadly: (ended) => this.#endedBadly(ended),
      ...simulated,
    });
    this.take = streamHandler({ ...world, log, stage, executions: this.executions });
    this.stream = new JobStream({
      dynamo,
      table: TABLE_NAMES.jobs,
      turnOn: options.turnStreamOn,
      pump: { ...narratives, client: streams, handler: this.take },
      log,
    });
  }

  /** The id of the lease that this worker has. */
  get id(): string {
    return this.#lease.id;
  }

  get holdsLease(): boolean {
    return this.#lease.isHeld();
  }

  /**
   * Makes the ledger if there is none, turns the stream on, and starts the jobs that wait and those that a dead worker left.
   * @throws what DynamoDB answers
   */
  async start(): Promise<void> {
    await this.checkTables();
    await this.#options.leases.open(this.#lease.id, this.#options.world.now());
    await this.look();
  }

  /** Does its duties, again and again, until {@link Worker.stop}. */
  run(): void {
    const { sweepMinutes } = this.#options;
    this.#loops = [
      this.#again(
        'lease',
        () => RENEW_SECONDS,
        () => this.renew(),
      ),
      this.#again(
        'tables',
        () => TABLES_SECONDS[this.stream.seen],
        () => this.checkTables(),
      ),
      this.#again(
        'look',
        () => LOOK_SECONDS[this.stream.seen],
        () => this.look(),
      ),
      this.#once('sweep', () => this.sweep()).then(() =>
        this.#again(
          'sweep',
          () => sweepMinutes * 60,
          () => this.sweep(),
        ),
      ),
    ];
  }

  /** Stops within seconds: steps at work come to their end, and other workers may go on at once. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.stream.close();
    this.executions.stop();
    await Promise.race([this.executions.rest(), sleep(REST_MS, undefined, { ref: false })]);
    await Promise.all(this.#loops);
    await this.executions.tend().catch(() => undefined);
    // what is still at work finds every store closed
    this.#lease.end();
    await this.#options.leases.close(this.#lease.id).catch((error: unknown) =>
      this.#options.log.warn('the lease could not be released: other workers wait until it ends', {
        why: whyOf(error),
      }),
    );
  }

  /** Renews the lease; without it, every run is stopped, and resumed under a new lease. */
  async renew(): Promise<void> {
    const { leases, world, log } = this.#options;
    const lease = this.#lease;
    const before = lease.now();
    if (!lease.isHeld() || !(await leases.renew(lease.id, world.now()))) {
      lease.end();
      log.error('the lease of this worker has ended, as after a pause or an outage: it starts anew', {
        worker: lease.id,
      });
      this.executions.stop();
      await leases.close(lease.id);
      const next = this.#newLease();
      await leases.open(next.id, world.now());
      this.#lease = next;
      await this.look();
      return;
    }
    lease.renewed(before);
    await this.executions.tend();
  }

  async checkTables(): Promise<void> {
    const { dynamo, narratives, log } = this.#options;
    if (await createLedger(dynamo, narratives)) log.warn(`table ${TABLE_NAMES.ledger} did not exist: created`);
    await this.stream.check();
  }

  /** Looks for executions whose worker is gone, and through the index for rows that wait. */
  async look(): Promise<void> {
    const troubles: unknown[] = [];
    // what is in trouble keeps nothing else from being seen
    const trouble = (error: unknown) => {
      troubles.push(error);
      return [];
    };
    for (const name of await this.#options.leases.openRuns().catch(trouble)) {
      if (this.#stopping.signal.aborted) return;
      await this.executions.resume(name).catch(trouble);
    }
    for await (const row of this.#options.finder.withStatus('PENDING')) {
      if (this.#stopping.signal.aborted) return;
      const loose = looseRow(row);
      if (loose) await this.#lookAt(row, loose).catch(trouble);
    }
    if (troubles.length > 0) throw troubles[0];
  }

  async sweep(): Promise<SweepResult> {
    const { world, finder, stage, log } = this.#options;
    const remainingMs = () => (this.#stopping.signal.aborted ? 0 : Number.POSITIVE_INFINITY);
    return sweep({ ...world, log, finder, stage, remainingMs, executions: this.executions });
  }

  async #lookAt(row: Record<string, unknown>, loose: LooseRow): Promise<void> {
    const { world, stage, log } = this.#options;
    if (standingOf(loose, { stage }).kind !== 'waiting') return;
    const known = canRun(loose) ? await this.executions.status(runOf(loose, stage).execution) : 'unknown';
    // one that has ended without claiming its row is a matter for the sweep
    if (known === 'unknown') await dispatch({ ...world, log, stage, executions: this.executions }, row);
  }

  /** Tells the row of an execution that broke off, as EventBridge does on AWS. */
  async #endedBadly({ name, status, input, error, cause }: EndedBadly): Promise<void> {
    const { world, log } = this.#options;
    const detail = { name, status, input: JSON.stringify(input), error, cause };
    for (let nth = 1; ; nth++) {
      try {
        await executionChanged({ ...world, log }, { detail });
        return;
      } catch (trouble) {
        if (nth >= EVENT_TRIES) throw trouble;
      }
    }
  }

  #newLease(): Lease {
    return new Lease(`${hostname()}-${process.pid}-${randomBytes(6).toString('hex')}`, this.#options.clocks);
  }

  /** @param seconds between two times; it may change while the duty is not yet due */
  async #again(duty: Duty, seconds: () => number, work: () => Promise<unknown>): Promise<void> {
    const { signal } = this.#stopping;
    let last = performance.now();
    while (!signal.aborted) {
      await sleep(TICK_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted || performance.now() - last < seconds() * 1000) continue;
      last = performance.now();
      await this.#once(duty, work);
    }
  }

  /** Does a duty once; what goes wrong is told, and tried again the next time. */
  async #once(duty: Duty, work: () => Promise<unknown>): Promise<void> {
    const { log } = this.#options;
    try {
      await work();
      if (this.health.good(duty)) log.info('works again', { duty });
    } catch (error) {
      const why = whyOf(error);
      if (this.health.bad(duty, why)) log.error('does not work, and is tried again', { duty, why });
    }
  }
}
