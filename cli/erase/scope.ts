import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type LooseRow, looseRow, standingOf } from '../../lambdas/job/standing.ts';
import { entry } from '../../lambdas/shared/names.ts';
import { projection, scanAll } from '../../lambdas/stores/dynamodb.ts';
import { jobLists, jobTable } from '../../lambdas/stores/jobs.ts';
import { UnknownReport } from '../errors.ts';

/** Names of the tables that texts are erased from, and of the job table. */
export interface Tables {
  jobs: string;
  ledger: string;
  reports: string;
}

/** The jobs and reports of a conversation. */
export interface Scope {
  jobs: string[];
  reports: string[];
  /** jobs that may still write, and why */
  underWay: { job_id: string; why: string }[];
}

/** Rows of the ledger after which reading it is told of. */
const TOLD_ROWS = 10_000;

/**
 * Finds the jobs and reports of a conversation. A reset in Polis deletes job rows, and leaves what their ledger holds: so all of
 * the ledger is read, which takes a while. Of a job that broke off before its plan was written, the id names the report.
 * @param asked.report a report of the conversation of which neither jobs nor ledger are left
 * @param progress called with the number of rows that were read, now and then
 */
export async function scopeOf(
  db: DynamoDBDocumentClient,
  tables: Tables,
  { zid, report }: { zid: string; report?: string | undefined },
  progress: (rows: number) => void,
): Promise<Scope> {
  const rows = await jobRows(db, tables.jobs, zid);
  const planned = new Set<string>();
  const reports = new Set(rows.filter(({ status }) => status === 'COMPLETED').map(({ report_id }) => report_id));
  const ofOthers = new Set<unknown>();
  const unplanned = new Set<string>();
  const read = { TableName: tables.ledger, ConsistentRead: true };
  const names = projection(['job_id', 'entry', 'conversation_id', 'report_id']);
  let count = 0;
  for await (const row of scanAll(db, { ...read, ...names })) {
    count += 1;
    if (count % TOLD_ROWS === 0) progress(count);
    const { job_id, entry: range, conversation_id, report_id } = row as Record<string, string>;
    if (range !== entry.plan) unplanned.add(job_id as string);
    else if (conversation_id === zid) {
      planned.add(job_id as string);
      reports.add(report_id);
    } else ofOthers.add(report_id);
  }
  progress(count);
  if (report !== undefined && ofOthers.has(report))
    throw new UnknownReport(`report ${report} is of another conversation: check --report and --conversation`);
  reports.add(report);
  // a job row may name the report of another conversation: such a job fails, and that report is not of this one
  const known = [...reports].filter((id): id is string => typeof id === 'string' && id !== '' && !ofOthers.has(id));
  const named = [...unplanned].filter((id) => known.some((report) => id.startsWith(`batch_report_${report}_`)));
  return {
    jobs: [...new Set([...rows.map(({ job_id }) => job_id), ...planned, ...named])].sort(),
    reports: known.sort(),
    underWay: rows.flatMap((row) => {
      const why = mayWrite(row);
      // one that stands for a batch is named by the job that sent it
      return why === undefined ? [] : [{ job_id: row.batch_job_id || row.job_id, why }];
    }),
  };
}

async function jobRows(db: DynamoDBDocumentClient, table: string, zid: string): Promise<LooseRow[]> {
  const jobs = jobTable(db, table);
  const rows: LooseRow[] = [];
  for await (const { job_id } of jobLists(db, table).ofConversation(zid)) {
    // the index is a moment late
    const row = looseRow(await jobs.get(String(job_id)));
    if (row) rows.push(row);
  }
  return rows;
}

/** Why a job may still write texts; undefined when it has ended for good. */
function mayWrite(row: LooseRow): string | undefined {
  const { kind } = standingOf(row, { stage: undefined });
  if (kind === 'completed') return undefined;
  if (kind !== 'failed' && kind !== 'stopped' && kind !== 'withdrawn') return `is ${row.status}`;
  if (row.checker_schedule_failed === true) return 'has a paid batch that is not collected';
  const mayRun = row.execution_status !== undefined && row.process_exit_confirmed !== true;
  return mayRun ? 'was stopped, and a function of it may still be at work' : undefined;
}
