import Anthropic, { type BaseAnthropic } from '@anthropic-ai/sdk';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { streamHandler } from '../../lambdas/handlers/dispatch.ts';
import { microUsd } from '../../lambdas/money/money.ts';
import { type ExecutionStatuses, type Executions, stepFunctions } from '../../lambdas/stores/executions.ts';
import { jobFinder } from '../../lambdas/stores/jobs.ts';
import { executionChanged } from '../../lambdas/watchdog/execution-changed.ts';
import { sweep } from '../../lambdas/watchdog/sweep.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { type StepWorld, stepWorld, taskSteps } from '../../local/embedded/steps.ts';
import { LocalStateMachine } from '../../local/machine/local-machine.ts';
import type { LeaseTable } from '../../local/worker/lease-table.ts';
import { silent } from '../../perf/runs/measure.ts';
import { startStandIn } from '../../stand-in/server.ts';
import { narratives } from '../support/memory/dynamodb.ts';
import { clientOf, sentAs, WORKSPACE } from '../support/workspace.ts';
import { gatedDynamo, gatedFetch, gatedPool, gatedStepFunctions } from './calls.ts';
import type { FaultPlan, Service } from './faults.ts';
import { Gate, type HandOff, invoke } from './gate.ts';
import { watchOf } from './invariants/watch.ts';
import type { Polis, Tables } from './stores.ts';

const KEY = 'key';
/** Room for many runs on one set of tables, which count on one day: every reservation's condition is put to the test. */
const DAY_BUDGET = microUsd(1_000);

/** How the Anthropic API is called: with a key, or through Claude Platform on AWS. */
export const PROVIDERS = ['anthropic', 'aws'] as const;
export type Provider = (typeof PROVIDERS)[number];

export interface WorldOptions {
  plan: FaultPlan;
  provider?: Provider | undefined;
  secondsPerBatch?: number | undefined;
  readBack?: true | undefined;
  broken?: Breakage | undefined;
}

/** The settings of every simulated job. */
export const settingsOf = (readBack: true | undefined): StepWorld['settings'] => ({
  defaultModel: MODEL,
  jobBudget: microUsd(100),
  dayBudget: DAY_BUDGET,
  unpricedModels: [],
  modelAliases: new Map(),
  unknownModel: 'use default',
  claims: true,
  claimsReadBack: readBack ?? false,
  ledgerDays: LEDGER_DAYS,
});

/**
 * The system under simulation for one run: the template's state machine with its Retry and Catch, the real steps and
 * clients over gated calls, and an Anthropic stand-in of its own. The clock moves only by waits, time-outs and runs of functions.
 */
export async function openWorld(
  polis: Polis,
  tables: Tables,
  { plan, provider = 'anthropic', secondsPerBatch, readBack, broken = {} }: WorldOptions,
) {
  let clock = START;
  const pass = (seconds: number) => {
    clock += seconds * 1000;
  };
  const now = () => new Date(clock);
  const functions = functionsOf(() => pass(SECONDS_OF_A_RUN));
  const watch = watchOf(tables.db, (execution) => machine.status(execution)?.status === 'RUNNING');
  const gate = new Gate(plan, {
    timeout: (service, what) => pass(secondsInVain(service, what)),
    stop: async ({ state }) => void (state && (await stop(state))),
  });
  const api = await openApi(provider, secondsPerBatch, () => clock);
  const { standIn, keysSent, putBatch } = api;
  const db = gatedDynamo(tables.functionsDb ?? tables.db, () => gate, watch.wrote);
  const whole = stepWorld({
    db,
    pool: gatedPool(polis.pool, () => gate),
    anthropic: impatient(api.client.withOptions({ fetch: gatedFetch(() => gate, watch.cancels, provider) })),
    log: silent,
    settings: settingsOf(readBack),
    now,
  });
  const steps = replaced(broken.steps, whole);
  const { machine, onWait } = machineOf(steps, functions, { broken, pass });
  const states = gatedStepFunctions(
    () => machine,
    () => gate,
  );
  const executions = replaced(broken.executions, stepFunctions(MACHINE_ARN, states));

  /** As a person does at the console; EventBridge tells of it before the step under way gets any further. */
  async function stop(state: HandOff): Promise<void> {
    if (machine.status(state.execution)?.status !== 'RUNNING') return;
    machine.abort(state.execution);
    const detail = { name: state.execution, status: 'ABORTED', input: JSON.stringify(state), redriveCount: 0 };
    if (await functions.event('execution-changed', () => executionChanged(steps, { detail })))
      await watch.stopped(state);
  }

  const dispatch = streamHandler({ ...steps, executions });
  const deadLetters: string[] = [];
  const delivered: DynamoDBStreamEvent[] = [];
  let losing = false;
  tables.deliverTo.handler = async (event) => {
    delivered.push(event);
    return losing ? { batchItemFailures: [] } : functions.run('dispatch', () => dispatch(event));
  };
  tables.deliverTo.onDeadLetter = (why) => void deadLetters.push(why);
  const finder = jobFinder(db, TABLE_NAMES.jobs);

  return {
    gate,
    standIn,
    keysSent,
    putBatch,
    machine,
    steps,
    deadLetters,
    lies: watch.lies,
    db: tables.db,
    now,
    pass,
    onWait,
    /** While it is off, no record of the stream reaches its function, not even later. */
    streamIs(state: 'on' | 'off') {
      losing = state === 'off';
    },
    /** Delivers once more whatever the stream has delivered so far. */
    async redeliver() {
      for (const event of [...delivered]) await gate.undisturbed(() => dispatch(event));
    },
    undisturbed: <T>(work: () => Promise<T>): Promise<T> => gate.undisturbed(work),
    /** Delivers the stream and runs every execution until nothing moves. */
    async settle() {
      do {
        await machine.idle();
        await functions.rest();
      } while ((await tables.pump.poll()) > 0);
      await machine.idle();
    },
    /** One scheduled sweep; one that fails is tried again at the next hour. */
    sweep: () => functions.run('sweep', () => sweep({ ...steps, finder, executions })).catch(() => undefined),
    close: () => standIn.close(),
  };
}

/** A stand-in on the clock of a simulation, and the deployed client of a provider that calls it. */
export async function openApi(provider: Provider, secondsPerBatch: number | undefined, clock: () => number) {
  const keysSent: string[] = [];
  const standIn = await startStandIn({
    apiKey: provider === 'aws' ? WORKSPACE : KEY,
    clock,
    processing: processing(secondsPerBatch),
    onRequest: (request) => void keysSent.push(...sentAs(request).filter((way) => way !== 'AWS4-HMAC-SHA256')),
  });
  const client: BaseAnthropic =
    provider === 'aws' ? await clientOf(standIn.url) : new Anthropic({ apiKey: KEY, baseURL: standIn.url });
  return {
    standIn,
    client,
    /** every use of a key in a request to the API, none of which there is with Claude Platform on AWS */
    keysSent,
    /** Sends a batch past the system, as somebody else does. @returns its id */
    async putBatch(requests: object[]): Promise<string> {
      return (await client.post<{ id: string }>('/v1/messages/batches', { body: { requests } })).id;
    },
  };
}

/** A client of the API that tries again at once where it would pause. */
export const impatient = (client: BaseAnthropic): BaseAnthropic =>
  Object.assign(client, { calculateDefaultRetryTimeoutMillis: () => 0 });

type Opened = Awaited<ReturnType<typeof openWorld>>;

/** What scenarios and invariants see of a world: of a deployment, or of workers. */
export interface SimulatedWorld extends Omit<Opened, 'machine' | 'pass' | 'sweep'> {
  machine: {
    names(): string[];
    status(name: string): { status: string } | undefined;
  };
  /** Lets time pass, and with workers all that happens meanwhile. */
  pass(seconds: number): void | Promise<void>;
  sweep(): Promise<unknown>;
}

type Happening = (state: string) => Promise<unknown> | false;

/** The template's state machine with its Retry and Catch; its waits pass at once, by the virtual clock. */
export function machineOf(
  steps: StepWorld,
  functions: ReturnType<typeof functionsOf>,
  { broken, pass }: { broken: Breakage; pass: (seconds: number) => void },
) {
  let happens: Happening | undefined;
  /** What happens between two steps, such as a change of the row by somebody else; the next step waits for it. */
  let between: Promise<unknown> = Promise.resolve();
  const gated = Object.entries(taskSteps(steps)).map(([name, step]) => [
    name,
    async (input: unknown) => {
      await between;
      return functions.step(name, input as HandOff, () => step(input));
    },
  ]);
  const machine = new LocalStateMachine({
    ...narratives,
    definition: replaced(broken.definition, narratives.definition),
    steps: Object.fromEntries(gated),
    waitScale: 0,
    retryScale: 0,
    onEvent: (_execution, event) => {
      if (event.type !== 'StateEntered' || event.stateType !== 'Wait') return;
      const happening = happens?.(event.state ?? '');
      if (happening) {
        happens = undefined;
        between = happening;
      }
      pass((event.input as { wait_seconds: number }).wait_seconds);
    },
  });
  return {
    machine,
    /** Does something, once, when an execution pauses; false: not yet. */
    onWait(what: Happening) {
      happens = what;
    },
  };
}

/** Tries of a function that an event calls, as Lambda makes them. */
const EVENT_TRIES = 3;

/** Runs functions, each run with a label of its own such as `a.submit#2`: the second run of a step for the first job. */
export function functionsOf(takesTime: () => void) {
  const runs = new Map<string, number>();
  const jobs: string[] = [];
  const underWay = new Set<Promise<unknown>>();

  function run<T>(name: string, work: () => Promise<T>, state?: HandOff): Promise<T> {
    const nth = (runs.get(name) ?? 0) + 1;
    runs.set(name, nth);
    takesTime();
    const running = invoke(`${name}#${nth}`, work, state);
    const heard = running.catch(() => undefined).finally(() => underWay.delete(heard));
    underWay.add(heard);
    return running;
  }

  return {
    run,
    /** Runs a step of an execution; jobs are named by letters, in the order in which they were begun. */
    step<T>(name: string, state: HandOff, work: () => Promise<T>): Promise<T> {
      if (!jobs.includes(state.job_id)) jobs.push(state.job_id);
      const letter = String.fromCharCode('a'.charCodeAt(0) + jobs.indexOf(state.job_id));
      return run(`${letter}.${name}`, work, state);
    },
    /** Runs a function that an event calls. @returns false when every try failed */
    async event(name: string, work: () => Promise<unknown>): Promise<boolean> {
      for (let nth = 1; nth <= EVENT_TRIES; nth++) {
        const done = run(name, work).then(
          () => true,
          () => false,
        );
        if (await done) return true;
      }
      return false;
    },
    /** Resolves when nothing runs, also what a stopped execution has left running. */
    async rest(): Promise<void> {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

export const MODEL = 'claude-sonnet-5-5';
export const START = Date.parse('2026-11-22T12:00:00Z');
export const MACHINE_ARN = 'arn:aws:states:us-east-1:000000000000:stateMachine:simulated';
export const LEDGER_DAYS = 30;

/** Batches end after a check or two; one that is cancelled has half of its requests done. */
export const processing = (secondsPerBatch = 8) => ({ secondsPerBatch, secondsToCancel: 4, finishedShare: 0.5 });

/** What one run of a function takes, in seconds. */
export const SECONDS_OF_A_RUN = 1;

const WAITS: Record<Service, number> = { dynamodb: 5, postgres: 120, anthropic: 60, states: 5 };
const CREATE_WAITS = 240;

/** How long a client waits for an answer that does not come, in seconds. */
export const secondsInVain = (service: Service, what: string): number =>
  what === 'create' ? CREATE_WAITS : WAITS[service];

export type Definition = (typeof narratives)['definition'];

/** A build that is broken on purpose: something of what it is made of is replaced. */
export interface Breakage {
  steps?: (world: StepWorld) => StepWorld;
  definition?: (definition: Definition) => Definition;
  executions?: (executions: Executions & ExecutionStatuses) => Executions & ExecutionStatuses;
  /** of workers */
  leases?: (leases: LeaseTable) => LeaseTable;
  /** workers do not look at their lease before a request */
  unfenced?: true;
}

/** Applies what a breakage replaces, if it does. */
export const replaced = <T>(change: ((whole: T) => T) | undefined, whole: T): T => (change ? change(whole) : whole);
