import { anthropicBatches } from '../../lambdas/clients/anthropic.ts';
import { anthropicClient } from '../../lambdas/clients/anthropic-client.ts';
import { documentClient } from '../../lambdas/clients/dynamo.ts';
import { jobTable } from '../../lambdas/clients/job-table.ts';
import { ledgerTable } from '../../lambdas/clients/ledger.ts';
import { conversationsOf, postgresPool } from '../../lambdas/clients/postgres.ts';
import { reportsTable } from '../../lambdas/clients/reports-table.ts';
import { spendingTable } from '../../lambdas/clients/spending.ts';
import { storedSections } from '../../lambdas/clients/stored-reports.ts';
import { topicTables } from '../../lambdas/clients/topics.ts';
import { submit } from '../../lambdas/submit/submit.ts';
import type { Tables } from '../data/tables.ts';
import { input, measure } from './report.ts';
import { silent } from './silent.ts';

/** Runs the submit step once, from claim to its return, with the clients that are deployed. */
const { databaseUrl, anthropicUrl, tables, jobId, sections } = input<{
  databaseUrl: string;
  anthropicUrl: string;
  tables: Tables;
  jobId: string;
  sections: number;
}>();
const db = documentClient();
const pool = postgresPool(databaseUrl);
const ledger = ledgerTable(db, tables.ledger);
const deps = {
  jobs: jobTable(db, tables.jobs),
  ledger,
  reports: reportsTable(db, tables.reports),
  stored: storedSections(db, tables.reports),
  spending: spendingTable(db, tables.ledger),
  conversations: conversationsOf(pool, 'prod'),
  topics: topicTables(db, { names: tables.topicNames, assignments: tables.assignments }),
  batches: anthropicBatches(anthropicClient({ apiKey: 'bench', baseURL: anthropicUrl })),
  settings: {
    defaultModel: 'claude-sonnet-4-6',
    jobBudgetUsd: 1_000,
    dayBudgetUsd: 10_000,
    unpricedModels: [],
    ledgerDays: 180,
  },
  log: silent,
  now: () => new Date(),
};
const state = { job_id: jobId, job_type: 'CREATE_NARRATIVE_BATCH', version: 1, execution: `${jobId}-v1` };

await measure(async () => {
  const { next } = await submit(deps, state);
  if (next !== 'wait') throw new Error(`submit said "${next}" and not "wait"`);
});
const plan = await ledger.plan(jobId);
if (plan?.sections !== sections) throw new Error(`expected ${sections} sections, planned ${plan?.sections}`);
await pool.end();
