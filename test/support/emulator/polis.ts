import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { GetCommand, PutCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { serverJob } from '../../../lambdas/job/new-row.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { SAMPLE } from '../../../local/sample.ts';
import type { System } from './system.ts';

type Row = Record<string, unknown>;
const LOOK_MS = 100;
const PATIENCE_MS = 60_000;

/** Puts a job row as the Polis server does; every section is to be bought anew, unless told. @returns its job id */
export async function putJob(
  { db }: System,
  table: string = TABLE_NAMES.jobs,
  change: Row = {},
  no_cache = true,
): Promise<string> {
  const about = { report_id: SAMPLE.report_id, conversation_id: String(SAMPLE.zid), model: 'claude-sonnet-5-5' };
  const row = { ...serverJob({ ...about, no_cache }, new Date(), randomBytes(4).toString('hex')), ...change };
  await db.send(new PutCommand({ TableName: table, Item: row }));
  return row.job_id;
}

/**
 * Looks at a job's row until it is as wished, as the server's poller does.
 * @throws Error with the row when that takes longer than a minute
 */
export async function rowOnce(
  { db }: System,
  jobId: string,
  wished: (row: Row) => boolean,
  table: string = TABLE_NAMES.jobs,
): Promise<Row> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const { Item: row = {} } = await db.send(
      new GetCommand({ TableName: table, Key: { job_id: jobId }, ConsistentRead: true }),
    );
    if (wished(row)) return row;
    if (Date.now() > deadline) throw new Error(`the job's row is still ${JSON.stringify(row, undefined, 1)}`);
    await pause(LOOK_MS);
  }
}

/** The row once the job has ended, however it has. */
export const rowAtEnd = (system: System, jobId: string, table?: string): Promise<Row> =>
  rowOnce(system, jobId, ({ status }) => /^(COMPLETED|FAILED|CANCELLED)$/.test(String(status)), table);

/** What the web client's report page needs of a section to draw it. */
const narrativeSchema = z.strictObject({
  id: z.string(),
  title: z.string(),
  paragraphs: z
    .array(
      z.strictObject({
        id: z.string(),
        title: z.string(),
        sentences: z.array(
          z.strictObject({
            clauses: z.array(z.strictObject({ text: z.string().min(1), citations: z.array(z.int()).min(1) })),
          }),
        ),
      }),
    )
    .min(1),
});
export type Narrative = z.infer<typeof narrativeSchema>;

/**
 * A report's sections by name as the server reads them: the rows of the newest job in the index by report, the name cut
 * out of the key at `#`; and as the web client reads each, parsed.
 */
export async function readReport(
  { db }: System,
  reportId: string,
  table: string = TABLE_NAMES.reports,
): Promise<{ jobId: string; sections: Map<string, Narrative> }> {
  const rows: Row[] = [];
  const query = {
    TableName: table,
    IndexName: 'ReportIdTimestampIndex',
    KeyConditionExpression: 'report_id = :report',
    ExpressionAttributeValues: { ':report': reportId },
    ScanIndexForward: false,
  };
  for await (const { Items = [] } of paginateQuery({ client: db }, query)) rows.push(...Items);
  const jobId = String(rows[0]?.job_id);
  const newest = rows.filter(({ job_id, errors }) => job_id === jobId && errors === undefined);
  const sections = newest.map(
    ({ rid_section_model, report_data }) =>
      [String(rid_section_model).split('#')[1] ?? '', narrativeSchema.parse(JSON.parse(String(report_data)))] as const,
  );
  return { jobId, sections: new Map(sections) };
}
