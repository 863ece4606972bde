import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { newJobTables } from '../../lambdas/stores/guards.ts';
import { jobLists } from '../../lambdas/stores/jobs.ts';
import { storedReports } from '../../lambdas/stores/reports.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import type { StepWorld } from '../embedded/steps.ts';
import { markSimulated } from '../output/write-report.ts';
import type { LocalAppDeps } from './app.ts';

type Stores = Pick<
  LocalAppDeps,
  | 'jobs'
  | 'guards'
  | 'lists'
  | 'ledger'
  | 'reports'
  | 'spending'
  | 'conversations'
  | 'storedReports'
  | 'settings'
  | 'simulated'
  | 'now'
  | 'log'
>;

/**
 * What the page and the API read and write, over the clients of the steps.
 * @param simulated no model was called: every section says so
 */
export function appStores(db: DynamoDBDocumentClient, world: StepWorld, simulated: boolean): Stores {
  const { ledger, reports, spending, conversations, settings, now, log } = world;
  const tables = newJobTables(db, { jobs: TABLE_NAMES.jobs, ledger: TABLE_NAMES.ledger });
  return {
    jobs: { ...world.jobs, ...tables.jobs },
    guards: tables.guards,
    lists: jobLists(db, TABLE_NAMES.jobs),
    ledger,
    reports,
    spending,
    conversations,
    settings,
    simulated,
    now,
    log,
    async storedReports(reportId) {
      const rows = await storedReports(db, TABLE_NAMES.reports, reportId, (damaged) =>
        log.warn('report row is damaged', { report_id: reportId, ...damaged }),
      );
      return simulated ? rows.map(markSimulated) : rows;
    },
  };
}
