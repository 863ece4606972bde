import type { CollectDeps } from '../../lambdas/steps/collect/round.ts';
import { anthropicBatches, anthropicClient } from '../../lambdas/stores/anthropic.ts';
import { documentClient } from '../../lambdas/stores/dynamodb.ts';
import { jobTable } from '../../lambdas/stores/jobs.ts';
import { ledgerTable } from '../../lambdas/stores/ledger.ts';
import { reportsTable } from '../../lambdas/stores/reports.ts';
import { spendingTable } from '../../lambdas/stores/spending.ts';
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
