import { collect } from '../../lambdas/steps/collect/collect.ts';
import { anthropicBatches, anthropicClient } from '../../lambdas/stores/anthropic.ts';
import { documentClient } from '../../lambdas/stores/dynamodb.ts';
import { jobTable } from '../../lambdas/stores/jobs.ts';
import { ledgerTable } from '../../lambdas/stores/ledger.ts';
import { spendingTable } from '../../lambdas/stores/spending.ts';
import type { Tables } from '../data/tables.ts';
import { input, measure, silent } from './measure.ts';

/**
 * Collects the results of one batch, with the clients that are deployed. With a time limit the step is called again and
 * again in this one warm process, as the state machine does; without one it has to finish in one call.
 */
const { anthropicUrl, tables, jobId, limitMs } = input<{
  anthropicUrl: string;
  tables: Tables;
  jobId: string;
  limitMs?: number;
}>();
const db = documentClient();
const deps = {
  jobs: jobTable(db, tables.jobs),
  ledger: ledgerTable(db, tables.ledger),
  spending: spendingTable(db, tables.ledger),
  batches: anthropicBatches(anthropicClient({ apiKey: 'bench', baseURL: anthropicUrl })),
  log: silent,
  metrics: { add: () => undefined },
  now: () => new Date(),
};
const firstRound = {
  job_id: jobId,
  job_type: 'CREATE_NARRATIVE_BATCH',
  version: 1,
  execution: `${jobId}-v1`,
  round: 1,
};

await measure(async () => {
  let state: unknown = firstRound;
  for (let invocations = 1; ; invocations++) {
    const from = performance.now();
    const remainingMs = () => (limitMs === undefined ? Number.POSITIVE_INFINITY : limitMs - (performance.now() - from));
    const answer = await collect({ ...deps, remainingMs }, state);
    if (answer.next === 'complete') return { invocations };
    // "submit" would mean that an answer was not stored
    if (answer.next !== 'collect' || limitMs === undefined) throw new Error(`collect returned next "${answer.next}"`);
    state = answer;
  }
});
