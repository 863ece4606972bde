import type { BaseAnthropic } from '@anthropic-ai/sdk';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type pg from 'pg';
import type { BudgetSettings } from '../../lambdas/job/budget.ts';
import type { ClaimSettings, ModelSettings } from '../../lambdas/job/plan.ts';
import type { JobState } from '../../lambdas/shared/hand-off.ts';
import type { Log } from '../../lambdas/shared/log.ts';
import type { Metrics } from '../../lambdas/shared/metrics.ts';
import { adopt } from '../../lambdas/steps/adopt.ts';
import { checkStatus } from '../../lambdas/steps/check-status.ts';
import { collect } from '../../lambdas/steps/collect/collect.ts';
import { complete } from '../../lambdas/steps/complete.ts';
import { fail } from '../../lambdas/steps/fail.ts';
import { submit } from '../../lambdas/steps/submit.ts';
import { anthropicBatches, type Batches } from '../../lambdas/stores/anthropic.ts';
import { type JobTable, jobTable } from '../../lambdas/stores/jobs.ts';
import { type Ledger, ledgerTable } from '../../lambdas/stores/ledger.ts';
import { conversationsOf, type PageConversations } from '../../lambdas/stores/postgres.ts';
import { type Reports, reportsTable } from '../../lambdas/stores/reports.ts';
import { type Spending, spendingTable } from '../../lambdas/stores/spending.ts';
import { type Topics, topicTables } from '../../lambdas/stores/topics.ts';
import type { StepName } from '../../lib/functions.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import type { Step } from '../machine/asl.ts';

/** Everything any step needs, over one set of clients. */
export interface StepWorld {
  jobs: JobTable;
  ledger: Ledger;
  reports: Reports;
  spending: Spending;
  conversations: PageConversations;
  topics: Topics;
  batches: Batches;
  log: Log;
  metrics: Metrics;
  now: () => Date;
  remainingMs: () => number;
  settings: BudgetSettings & ModelSettings & ClaimSettings & { ledgerDays: number };
}

/** The steps' clients for the embedded run and for tests: the very ones that are deployed. */
export function stepWorld(parts: {
  db: DynamoDBDocumentClient;
  pool: pg.Pool;
  anthropic: BaseAnthropic;
  log: Log;
  metrics?: Metrics;
  settings: StepWorld['settings'];
  now?: () => Date;
  remainingMs?: () => number;
}): StepWorld {
  const { db, pool, anthropic, log, settings } = parts;
  return {
    jobs: jobTable(db, TABLE_NAMES.jobs),
    ledger: ledgerTable(db, TABLE_NAMES.ledger),
    reports: reportsTable(db, TABLE_NAMES.reports),
    spending: spendingTable(db, TABLE_NAMES.ledger),
    conversations: conversationsOf(pool, 'prod'),
    topics: topicTables(db, { names: TABLE_NAMES.topicNames, assignments: TABLE_NAMES.clusterAssignments }),
    batches: anthropicBatches(anthropic),
    log,
    metrics: parts.metrics ?? { add: () => undefined },
    settings,
    now: parts.now ?? (() => new Date()),
    remainingMs: parts.remainingMs ?? (() => Number.POSITIVE_INFINITY),
  };
}

/** The functions behind the state machine's tasks, in this process. */
export const taskSteps = (world: StepWorld): Record<StepName, Step> => ({
  adopt: (input) => adopt(world, input),
  submit: (input) => submit(world, input),
  'check-status': (input) => checkStatus(world, input),
  collect: (input) => collect(world, input),
  complete: (input) => complete(world, input),
  fail: (input) => fail(world, input),
});

/** How much more often a stand-in is asked than the API: the first time after a second. */
const TIMES_AS_OFTEN = 5;

/** A step for a stand-in on this machine, whose batches take seconds: it asks for shorter waits between status checks. */
export const checkedSooner =
  (step: Step): Step =>
  async (input) => {
    const state = (await step(input)) as Partial<JobState>;
    if (state.next !== 'wait') return state;
    return { ...state, wait_seconds: Math.ceil((state.wait_seconds ?? 0) / TIMES_AS_OFTEN) };
  };
