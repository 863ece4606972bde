import { createHash } from 'node:crypto';
import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { InvalidRow } from '../shared/errors.ts';
import { parseOr } from '../shared/parse.ts';
import { conditionally, readRow, transact } from './dynamodb.ts';
import { activeJobs, type JobTable, jobTable } from './jobs.ts';

const guardSchema = z.object({ names_job: z.string(), model: z.string(), expires_at_epoch: z.number() });

/** The ledger's row that names a report's last job. */
const lastKey = (reportId: string) => ({ job_id: `report:${reportId}`, entry: 'active' });

/** The ledger's row of an idempotency key; the key itself is the caller's, and is not kept. */
function idempotencyKey(reportId: string, key: string) {
  const mark = createHash('sha256')
    .update(JSON.stringify([reportId, key]))
    .digest('hex');
  return { job_id: `idempotency:${mark}`, entry: 'job' };
}

const seconds = (now: Date) => Math.floor(now.getTime() / 1000);

/** Guards of new jobs. They lie in the ledger's table, beside the jobs' own rows. */
export function jobGuards(db: DynamoDBDocumentClient, tables: { jobs: string; ledger: string }): JobGuards {
  const read = async (Key: Record<string, string>) => {
    const row = await readRow(db, tables.ledger, Key);
    const fail = (line: string) => new InvalidRow(`guard row ${Key.job_id}: ${line}; delete the row`);
    return row && parseOr(guardSchema, row, fail);
  };
  const keyRow = (reportId: string, key: string, job: NamedJob, expires_at_epoch: number, now: Date) => ({
    TableName: tables.ledger,
    Item: { ...idempotencyKey(reportId, key), names_job: job.job_id, model: job.model, expires_at_epoch },
    // DynamoDB deletes a row some time after it has expired
    ConditionExpression: 'attribute_not_exists(job_id) OR expires_at_epoch < :now',
    ExpressionAttributeValues: { ':now': seconds(now) },
  });
  return {
    async lastJob(reportId) {
      const row = await read(lastKey(reportId));
      return row && { job_id: row.names_job, model: row.model };
    },
    async keyedJob(reportId, key, now) {
      const row = await read(idempotencyKey(reportId, key));
      return row && row.expires_at_epoch >= seconds(now) ? { job_id: row.names_job, model: row.model } : undefined;
    },
    async nameJob(reportId, key, job, { now, keyExpiry }) {
      const put = new PutCommand(keyRow(reportId, key, job, keyExpiry, now));
      return (await conditionally(`write ${tables.ledger}`, () => db.send(put))) ? 'named' : 'taken';
    },
    async putJob(row, { model, replaces, key }, { now, guardExpiry, keyExpiry }) {
      const job = { job_id: row.job_id, model };
      const guard = {
        TableName: tables.ledger,
        Item: { ...lastKey(row.report_id), names_job: row.job_id, model, expires_at_epoch: guardExpiry },
        ConditionExpression: `attribute_not_exists(job_id)${replaces === undefined ? '' : ' OR names_job = :replaces'}`,
        ...(replaces === undefined ? {} : { ExpressionAttributeValues: { ':replaces': replaces } }),
      };
      const newRow = { TableName: tables.jobs, Item: row, ConditionExpression: 'attribute_not_exists(job_id)' };
      const failed = await transact(db, 'write a job and its guards', [
        { Put: newRow },
        { Put: guard },
        ...(key === undefined ? [] : [{ Put: keyRow(row.report_id, key, job, keyExpiry, now) }]),
      ]);
      return failed.length === 0 ? 'put' : 'lost';
    },
  };
}

/** Finds jobs of a conversation that are under way. */
export interface ActiveJobs {
  /**
   * PENDING and PROCESSING narrative rows of one report, newest first, by an index: a moment late, and not yet parsed.
   * @param conversationId zid as a string
   */
  activeJobs(conversationId: string, reportId: string): AsyncIterable<Record<string, unknown>>;
}

/** A job that a guard or an idempotency key names. */
export interface NamedJob {
  job_id: string;
  model: string;
}

/** Rows that keep two simultaneous requests from creating two jobs. An expired key counts as absent. */
export interface JobGuards {
  /** The job that was last put for a report, consistently read; it may have ended. */
  lastJob(reportId: string): Promise<NamedJob | undefined>;
  /** The job that an idempotency key of a report names, consistently read. */
  keyedJob(reportId: string, key: string, now: Date): Promise<NamedJob | undefined>;
  /** Lets a key name a job, unless it names one. */
  nameJob(reportId: string, key: string, job: NamedJob, times: GuardTimes): Promise<'named' | 'taken'>;
  /**
   * Puts a new job row, makes it the report's last job, and lets the key name it: all of it or nothing.
   * @param replaces the last job as it was read; 'lost' when the report has another one by now
   */
  putJob(
    row: Record<string, unknown> & { job_id: string; report_id: string },
    guard: { model: string; replaces: string | undefined; key: string | undefined },
    times: GuardTimes,
  ): Promise<'put' | 'lost'>;
}

/** When a guard row is written, and when DynamoDB may delete it, in seconds since the epoch. */
export interface GuardTimes {
  now: Date;
  guardExpiry: number;
  keyExpiry: number;
}

/** What `putJob` needs of DynamoDB. @param tables names of the job table and of the ledger */
export const newJobTables = (
  db: DynamoDBDocumentClient,
  tables: { jobs: string; ledger: string },
): { jobs: Pick<JobTable, 'get'> & ActiveJobs; guards: JobGuards } => ({
  jobs: { ...jobTable(db, tables.jobs), ...activeJobs(db, tables.jobs) },
  guards: jobGuards(db, tables),
});
