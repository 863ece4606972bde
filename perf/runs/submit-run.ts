import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { microUsd } from '../../lambdas/money/money.ts';
import { submit } from '../../lambdas/steps/submit.ts';
import { anthropicBatches, anthropicClient } from '../../lambdas/stores/anthropic.ts';
import { documentClient } from '../../lambdas/stores/dynamodb.ts';
import { jobTable } from '../../lambdas/stores/jobs.ts';
import { ledgerTable } from '../../lambdas/stores/ledger.ts';
import { conversationsOf, postgresPool, readOnly } from '../../lambdas/stores/postgres.ts';
import { spendingTable } from '../../lambdas/stores/spending.ts';
import { topicTables } from '../../lambdas/stores/topics.ts';
import type { Tables } from '../data/tables.ts';
import { addLatency } from './latency.ts';
import { input, measure, silent } from './measure.ts';

/** Runs the submit step once, from claim to its return, with the clients that are deployed. */
const { databaseUrl, anthropicUrl, tables, jobId, sections, latencyMs } = input<{
  databaseUrl: string;
  anthropicUrl: string;
  tables: Tables;
  jobId: string;
  sections: number;
  latencyMs: number;
}>();
const client = new DynamoDBClient({ maxAttempts: 5 });
const db = documentClient(client);
const pool = postgresPool(databaseUrl);
addLatency(latencyMs, client, pool);
const ledger = ledgerTable(db, tables.ledger);
const deps = {
  jobs: jobTable(db, tables.jobs),
  ledger,
  spending: spendingTable(db, tables.ledger),
  conversations: conversationsOf(readOnly(pool), 'prod'),
  topics: topicTables(db, { names: tables.topicNames, assignments: tables.assignments }),
  batches: anthropicBatches(anthropicClient({ apiKey: 'bench', baseURL: anthropicUrl })),
  settings: {
    defaultModel: 'claude-sonnet-4-6',
    jobBudget: microUsd(1_000),
    dayBudget: microUsd(10_000),
    unpricedModels: [],
    modelAliases: new Map(),
    unknownModel: 'use default' as const,
    claims: true,
    claimsReadBack: false,
    ledgerDays: 180,
  },
  log: silent,
  now: () => new Date(),
};
const state = { job_id: jobId, job_type: 'CREATE_NARRATIVE_BATCH', version: 1, execution: `${jobId}-v1` };

await measure(async () => {
  const { next } = await submit(deps, state);
  if (next !== 'wait') throw new Error(`submit returned next "${next}" and not "wait"`);
});
const plan = await ledger.plan(jobId);
if (plan?.sections !== sections) throw new Error(`expected ${sections} sections, planned ${plan?.sections}`);
await pool.end();
