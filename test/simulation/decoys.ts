import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { serverJob } from '../../lambdas/job/new-row.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { rowText } from '../support/readers.ts';
import { MODEL } from './times.ts';

const AT = new Date('2026-11-20T09:00:00Z');
const row = (suffix: string, changes: Record<string, unknown>) => ({
  ...serverJob({ report_id: 'r9elsewhere', conversation_id: '999', model: MODEL }, AT, suffix),
  ...changes,
});

/** Job rows of others: other systems' types, statuses that only they know, and narrative jobs that a poller holds. */
const JOB_ROWS: readonly Record<string, unknown>[] = [
  row('f0000001', { job_type: 'FULL_PIPELINE' }),
  row('f0000002', { job_type: 'FULL_PIPELINE', status: 'PROCESSING', worker_id: 'poller-7' }),
  row('f0000003', { job_type: 'SOMETHING_NEW' }),
  row('f0000004', { status: 'PROCESSING', worker_id: 'poller-7', version: 2 }),
  row('f0000005', { status: 'AWAITING_RECHECK', worker_id: 'poller-7', version: 3 }),
  row('f0000006', { status: 'LOCKED_FOR_CHECKING', worker_id: 'poller-7', version: 4 }),
  row('f0000007', { status: 'CANCELLED', worker_id: 'poller-7', version: 3 }),
  row('f0000008', { status: 'FAILED', worker_id: 'poller-7', version: 3, error_message: 'of the poller' }),
];
const REPORT_ROW = {
  rid_section_model: `r9elsewhere#groups#${MODEL}`,
  timestamp: AT.toISOString(),
  report_id: 'r9elsewhere',
  section: 'groups',
  model: MODEL,
  report_data: '{}',
};
const LEDGER_ROW = { job_id: 'a_job_of_another', entry: 'plan', note: 'not ours' };

/** Puts rows of other owners into the tables. */
export async function putDecoys(db: DynamoDBDocumentClient): Promise<void> {
  for (const Item of JOB_ROWS) await db.send(new PutCommand({ TableName: TABLE_NAMES.jobs, Item }));
  await db.send(new PutCommand({ TableName: TABLE_NAMES.reports, Item: REPORT_ROW }));
  await db.send(new PutCommand({ TableName: TABLE_NAMES.ledger, Item: LEDGER_ROW }));
}

/** Which rows of other owners are no longer as they were put. */
export function touchedDecoys(found: { jobs: Row[]; reports: Row[]; ledger: Row[] }): string[] {
  const missing = (rows: Row[], wanted: readonly Row[], key: string) =>
    wanted.filter((want) => !rows.some((have) => rowText(have) === rowText(want))).map((want) => String(want[key]));
  return [
    ...missing(found.jobs, JOB_ROWS, 'job_id'),
    ...missing(found.reports, [REPORT_ROW], 'rid_section_model'),
    ...missing(found.ledger, [LEDGER_ROW], 'job_id'),
  ];
}

type Row = Record<string, unknown>;
