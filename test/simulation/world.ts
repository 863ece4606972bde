import Anthropic from '@anthropic-ai/sdk';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { documentClient } from '../../lambdas/clients/dynamo.ts';
import { stepFunctions } from '../../lambdas/clients/executions.ts';
import { jobFinder } from '../../lambdas/clients/job-table.ts';
import { streamHandler } from '../../lambdas/dispatch/handler.ts';
import { sweep } from '../../lambdas/sweep/sweep.ts';
import { TABLE_NAMES } from '../../lib/contract.ts';
import { startStandIn } from '../../local/anthropic-stand-in/server.ts';
import { type StepWorld, stepWorld, taskSteps } from '../../local/embedded/steps.ts';
import { LocalStateMachine } from '../../local/machine/local-machine.ts';
import { gatedFetch } from './calls/anthropic.ts';
import { gatedDynamo } from './calls/dynamodb.ts';
import { gatedPool } from './calls/postgres.ts';
import { gatedStepFunctions } from './calls/states.ts';
import type { FaultPlan, Service } from './fault.ts';
import { Gate } from './gate.ts';
import { invoke } from './invocation.ts';
import { narratives, type Polis, type Tables } from './site.ts';

export const MODEL = 'claude-sonnet-5-5';
export const START = Date.parse('2026-11-22T12:00:00Z');
const MACHINE_ARN = 'arn:aws:states:us-east-1:000000000000:stateMachine:simulated';

/** Batches end after a check or two; one that is cancelled has half of its requests done. */
const PROCESSING = { secondsPerBatch: 8, secondsToCancel: 4, finishedShare: 0.5 };

/** How long a client waits for an answer that does not come, in seconds. */
const WAITS: Record<Service, number> = { dynamodb: 5, postgres: 120, anthropic: 60, states: 5 };
const CREATE_WAITS = 240;
/** What one run of a function takes, in seconds. */
const INVOCATION_SECONDS = 1;

/** A build that is broken on purpose: something of the steps' world, or of the state machine, is replaced. */
export interface Breakage {
  steps?: (world: StepWorld) => StepWorld;
  definition?: (definition: Definition) => Definition;
}
export type Definition = (typeof narratives)['definition'];
const asItIs = <T>(value: T): T => value;

/**
 * The system under simulation for one run: the template's state machine with its Retry and Catch, the real steps and
 * clients over gated calls, and an Anthropic stand-in of its own. The clock moves only by waits, time-outs and invocations.
 */
export async function openWorld(
  polis: Polis,
  tables: Tables,
  {
    plan,
    secondsPerBatch,
    broken = {},
  }: { plan: FaultPlan; secondsPerBatch?: number | undefined; broken?: Breakage | undefined },
) {
  let clock = START;
  const gate = new Gate(plan, (service, what) => {
    clock += (what === 'create' ? CREATE_WAITS : WAITS[service]) * 1000;
  });
  const standIn = await startStandIn({
    apiKey: 'key',
    clock: () => clock,
    processing: { ...PROCESSING, ...(secondsPerBatch ? { secondsPerBatch } : {}) },
  });
  const client = gatedDynamo(tables.endpoint, () => gate);
  const now = () => new Date(clock);
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const steps = (broken.steps ?? asItIs)(
    stepWorld({
      db: documentClient(client),
      pool: gatedPool(polis.pool, () => gate),
      anthropic: new Anthropic({ apiKey: 'key', baseURL: standIn.url, fetch: gatedFetch(() => gate) }),
      log,
      settings: { defaultModel: MODEL, jobBudgetUsd: 100, dayBudgetUsd: undefined, unpricedModels: [], ledgerDays: 30 },
      now,
    }),
  );
  const invocations = new Map<string, number>();
  /** One more run of a function, for a job where it is for one. */
  const run = <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const nth = (invocations.get(name) ?? 0) + 1;
    invocations.set(name, nth);
    clock += INVOCATION_SECONDS * 1000;
    return invoke(`${name}#${nth}`, work);
  };
  const aliases: string[] = [];
  const aliasOf = (jobId: string) => {
    if (!aliases.includes(jobId)) aliases.push(jobId);
    return String.fromCharCode(97 + aliases.indexOf(jobId));
  };
  /** What happens between two steps, such as a change of the row by somebody else; the next step waits for it. */
  let between: Promise<unknown> = Promise.resolve();
  let onWait: ((state: string) => Promise<unknown> | false) | undefined;
  const machine = new LocalStateMachine({
    ...narratives,
    definition: (broken.definition ?? asItIs)(narratives.definition),
    steps: Object.fromEntries(
      Object.entries(taskSteps(steps)).map(([name, step]) => [
        name,
        async (input: unknown) => {
          await between;
          return run(`${aliasOf((input as { job_id: string }).job_id)}.${name}`, () => step(input));
        },
      ]),
    ),
    waitScale: 0,
    retryScale: 0,
    onEvent: (_execution, event) => {
      if (event.type !== 'StateEntered' || event.stateType !== 'Wait') return;
      const { wait_seconds } = event.input as { wait_seconds: number };
      const happening = onWait?.(event.state ?? '');
      if (happening) {
        onWait = undefined;
        between = happening;
      }
      clock += wait_seconds * 1000;
    },
  });
  const executions = stepFunctions(
    MACHINE_ARN,
    gatedStepFunctions(
      () => machine,
      () => gate,
    ),
  );
  const dispatch = streamHandler({ ...steps, executions });
  const deadLetters: string[] = [];
  let losing = false;
  const delivered: DynamoDBStreamEvent[] = [];
  tables.deliverTo.handler = async (event) => {
    delivered.push(event);
    if (losing) return { batchItemFailures: [] };
    return run('dispatch', () => dispatch(event));
  };
  tables.deliverTo.onDeadLetter = (why) => void deadLetters.push(why);
  const finder = jobFinder(documentClient(client), TABLE_NAMES.jobs);
  return {
    gate,
    standIn,
    machine,
    steps,
    deadLetters,
    db: tables.db,
    now,
    /** From now on no record of the stream reaches its function. */
    loseRecords() {
      losing = true;
    },
    /** Delivers once more whatever the stream has delivered so far. */
    async redeliver() {
      for (const event of [...delivered]) await gate.undisturbed(() => dispatch(event));
    },
    undisturbed: <T>(work: () => Promise<T>): Promise<T> => gate.undisturbed(work),
    /** Does something, once, when an execution pauses; false: not yet. */
    onWait(what: (state: string) => Promise<unknown> | false) {
      onWait = what;
    },
    pass(seconds: number) {
      clock += seconds * 1000;
    },
    /** Delivers the stream and runs every execution until nothing moves. */
    async settle() {
      do await machine.idle();
      while ((await tables.pump.poll()) > 0);
      await machine.idle();
    },
    /** One scheduled sweep; one that fails is tried again at the next hour. */
    sweep: () => run('sweep', () => sweep({ ...steps, finder, executions })).catch(() => undefined),
    async close() {
      client.destroy();
      await standIn.close();
    },
  };
}

export type SimulatedWorld = Awaited<ReturnType<typeof openWorld>>;
