import Anthropic from '@anthropic-ai/sdk';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { streamHandler } from '../../lambdas/handlers/dispatch.ts';
import { microUsd } from '../../lambdas/money/money.ts';
import { documentClient } from '../../lambdas/stores/dynamodb.ts';
import { stepFunctions } from '../../lambdas/stores/executions.ts';
import { jobFinder } from '../../lambdas/stores/jobs.ts';
import { executionChanged } from '../../lambdas/watchdog/execution-changed.ts';
import { sweep } from '../../lambdas/watchdog/sweep/sweep.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { stepWorld } from '../../local/embedded/steps.ts';
import { silent } from '../../perf/runs/silent.ts';
import { startStandIn } from '../../stand-in/server.ts';
import { type Breakage, replaced } from './breakage.ts';
import { gatedFetch } from './calls/anthropic.ts';
import { gatedDynamo } from './calls/dynamodb.ts';
import { gatedPool } from './calls/postgres.ts';
import { gatedStepFunctions } from './calls/states.ts';
import type { FaultPlan } from './fault.ts';
import { functionsOf } from './functions.ts';
import { Gate } from './gate.ts';
import type { HandOff } from './invocation.ts';
import { machineOf } from './machine.ts';
import type { Polis, Tables } from './site.ts';
import { LEDGER_DAYS, MACHINE_ARN, MODEL, processing, SECONDS_OF_A_RUN, START, secondsInVain } from './times.ts';
import { watchOf } from './watch.ts';

/** Room for many runs on one set of tables, which count on one day: every reservation's condition is put to the test. */
const DAY_BUDGET = microUsd(1_000);

export interface WorldOptions {
  plan: FaultPlan;
  secondsPerBatch?: number | undefined;
  broken?: Breakage | undefined;
}

/**
 * The system under simulation for one run: the template's state machine with its Retry and Catch, the real steps and
 * clients over gated calls, and an Anthropic stand-in of its own. The clock moves only by waits, time-outs and runs of functions.
 */
export async function openWorld(polis: Polis, tables: Tables, { plan, secondsPerBatch, broken = {} }: WorldOptions) {
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
  const standIn = await startStandIn({ apiKey: 'key', clock: () => clock, processing: processing(secondsPerBatch) });
  const client = gatedDynamo(tables.endpoint, () => gate, watch.wrote);
  const db = documentClient(client);
  const whole = stepWorld({
    db,
    pool: gatedPool(polis.pool, () => gate),
    anthropic: new Anthropic({ apiKey: 'key', baseURL: standIn.url, fetch: gatedFetch(() => gate, watch.cancels) }),
    log: silent,
    settings: {
      defaultModel: MODEL,
      jobBudget: microUsd(100),
      dayBudget: DAY_BUDGET,
      unpricedModels: [],
      ledgerDays: LEDGER_DAYS,
    },
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
    machine,
    steps,
    deadLetters,
    lies: watch.lies,
    db: tables.db,
    now,
    pass,
    onWait,
    /** From now on no record of the stream reaches its function. */
    loseRecords() {
      losing = true;
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
    async close() {
      client.destroy();
      await standIn.close();
    },
  };
}

export type SimulatedWorld = Awaited<ReturnType<typeof openWorld>>;
