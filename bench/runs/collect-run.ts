import { anthropicBatches } from '../../lambdas/clients/anthropic.ts';
import { anthropicClient } from '../../lambdas/clients/anthropic-client.ts';
import { documentClient } from '../../lambdas/clients/dynamo.ts';
import { jobTable } from '../../lambdas/clients/job-table.ts';
import { ledgerTable } from '../../lambdas/clients/ledger.ts';
import { reportsTable } from '../../lambdas/clients/reports-table.ts';
import { collect } from '../../lambdas/collect/collect.ts';
import type { Tables } from '../data/tables.ts';
import { input, measure } from './report.ts';
import { silent } from './silent.ts';

/** Runs the collect step once over the results of one batch, with the clients that are deployed. */
const { anthropicUrl, tables, jobId } = input<{ anthropicUrl: string; tables: Tables; jobId: string }>();
const db = documentClient();
const deps = {
  jobs: jobTable(db, tables.jobs),
  ledger: ledgerTable(db, tables.ledger),
  reports: reportsTable(db, tables.reports),
  batches: anthropicBatches(anthropicClient({ apiKey: 'bench', baseURL: anthropicUrl })),
  log: silent,
  metrics: { add: () => undefined },
  now: () => new Date(),
  remainingMs: () => Number.POSITIVE_INFINITY,
};
const state = { job_id: jobId, job_type: 'CREATE_NARRATIVE_BATCH', version: 1, execution: `${jobId}-v1`, round: 1 };

await measure(async () => {
  const { next } = await collect(deps, state);
  // "submit" would mean that an answer was not stored
  if (next !== 'complete') throw new Error(`collect said "${next}" and not "complete"`);
});
