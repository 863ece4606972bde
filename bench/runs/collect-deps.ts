import { anthropicBatches } from '../../lambdas/clients/anthropic.ts';
import { anthropicClient } from '../../lambdas/clients/anthropic-client.ts';
import { documentClient } from '../../lambdas/clients/dynamo.ts';
import { jobTable } from '../../lambdas/clients/job-table.ts';
import { ledgerTable } from '../../lambdas/clients/ledger.ts';
import { reportsTable } from '../../lambdas/clients/reports-table.ts';
import { spendingTable } from '../../lambdas/clients/spending.ts';
import type { CollectDeps } from '../../lambdas/collect/round.ts';
import type { Tables } from '../data/tables.ts';
import { silent } from './silent.ts';

/** What the collect step is given, with the clients that are deployed; its time has no end. */
export function collectDeps(anthropicUrl: string, tables: Tables): CollectDeps {
  const db = documentClient();
  return {
    jobs: jobTable(db, tables.jobs),
    ledger: ledgerTable(db, tables.ledger),
    reports: reportsTable(db, tables.reports),
    spending: spendingTable(db, tables.ledger),
    batches: anthropicBatches(anthropicClient({ apiKey: 'bench', baseURL: anthropicUrl })),
    log: silent,
    metrics: { add: () => undefined },
    now: () => new Date(),
    remainingMs: () => Number.POSITIVE_INFINITY,
  };
}

/** The hand-off that collecting a job's first round begins with. */
export const collectInput = (jobId: string) => ({
  job_id: jobId,
  job_type: 'CREATE_NARRATIVE_BATCH',
  version: 1,
  execution: `${jobId}-v1`,
  round: 1,
});
