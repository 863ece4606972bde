import type { BaseAnthropic } from '@anthropic-ai/sdk';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type pg from 'pg';
import { adopt } from '../../lambdas/adopt/adopt.ts';
import { checkStatus } from '../../lambdas/check-status/check-status.ts';
import { anthropicBatches } from '../../lambdas/clients/anthropic.ts';
import { jobTable } from '../../lambdas/clients/job-table.ts';
import { ledgerTable } from '../../lambdas/clients/ledger.ts';
import { conversationsOf } from '../../lambdas/clients/postgres.ts';
import { reportsTable } from '../../lambdas/clients/reports-table.ts';
import { spendingTable } from '../../lambdas/clients/spending.ts';
import { storedSections } from '../../lambdas/clients/stored-reports.ts';
import { topicTables } from '../../lambdas/clients/topics.ts';
import { collect } from '../../lambdas/collect/collect.ts';
import { complete } from '../../lambdas/complete/complete.ts';
import { fail } from '../../lambdas/fail/fail.ts';
import type {
  Batches,
  Conversations,
  JobTable,
  Ledger,
  Log,
  Metrics,
  Reports,
  Spending,
  StoredSections,
  Topics,
} from '../../lambdas/ports.ts';
import type { BudgetSettings } from '../../lambdas/submit/budget.ts';
import { submit } from '../../lambdas/submit/submit.ts';
import { TABLE_NAMES } from '../../lib/contract.ts';
import type { TaskStepName } from '../../lib/steps.ts';
import type { Step } from '../machine/task-call.ts';

/** Everything any step needs, over one set of clients. */
export interface StepWorld {
  jobs: JobTable;
  ledger: Ledger;
  reports: Reports;
  stored: StoredSections;
  spending: Spending;
  conversations: Conversations;
  topics: Topics;
  batches: Batches;
  log: Log;
  metrics: Metrics;
  now: () => Date;
  remainingMs: () => number;
  settings: BudgetSettings & { defaultModel: string; ledgerDays: number };
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
    stored: storedSections(db, TABLE_NAMES.reports),
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
export const taskSteps = (world: StepWorld): Record<TaskStepName, Step> => ({
  adopt: (input) => adopt(world, input),
  submit: (input) => submit(world, input),
  'check-status': (input) => checkStatus(world, input),
  collect: (input) => collect(world, input),
  complete: (input) => complete(world, input),
  fail: (input) => fail(world, input),
});
