import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type HistoryEvent, paginateGetExecutionHistory, paginateListExecutions } from '@aws-sdk/client-sfn';
import { GetCommand, PutCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { serverJob } from '../../../lambdas/job/put.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { SAMPLE } from '../../../local/sample.ts';
import type { System } from './system.ts';

type Row = Record<string, unknown>;
const LOOK_MS = 100;
/** So many looks, and not a time: on a busy machine each takes longer. */
const MAX_LOOKS = 1_000;

/** Puts a job row as the Polis server does; every section is bought again by default. @returns its job id */
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
 * @throws Error with the row after a thousand looks
 */
export async function rowOnce(
  { db }: System,
  jobId: string,
  wished: (row: Row) => boolean,
  table: string = TABLE_NAMES.jobs,
): Promise<Row> {
  for (let looks = 1; ; looks++) {
    const { Item: row = {} } = await db.send(
      new GetCommand({ TableName: table, Key: { job_id: jobId }, ConsistentRead: true }),
    );
    if (wished(row)) return row;
    if (looks > MAX_LOOKS) throw new Error(`the job's row is still ${JSON.stringify(row, undefined, 1)}`);
    await pause(LOOK_MS);
  }
}

/** The row once the job has ended, however it has. */
export const rowAtEnd = (system: System, jobId: string, table?: string): Promise<Row> =>
  rowOnce(system, jobId, ({ status }) => /^(COMPLETED|FAILED|CANCELLED)$/.test(String(status)), table);

/** What the web client's report page needs of a section to draw it. */
const narrativeSchema = z.looseObject({
  id: z.string(),
  title: z.string(),
  paragraphs: z
    .array(
      z.looseObject({
        id: z.string(),
        title: z.string(),
        sentences: z.array(
          z.looseObject({
            clauses: z.array(z.looseObject({ text: z.string().min(1), citations: z.array(z.int()).min(1) })),
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

/** Every event of an execution, oldest first. */
export async function historyOf({ machines }: System, executionArn: string): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  for await (const page of paginateGetExecutionHistory({ client: machines }, { executionArn })) {
    events.push(...(page.events ?? []));
  }
  return events;
}

/** The names of the states that were entered, each run of equal rounds of the wait listed once. */
export function statesOf(events: readonly HistoryEvent[]): string[] {
  const names = events.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []);
  const path: string[] = [];
  for (const name of names) {
    const seen = path.indexOf(name);
    if (seen < 0) path.push(name);
    else path.length = seen + 1;
  }
  return path;
}

/**
 * The execution of this name, as the list of the machine's executions has it, once it has ended: it does so a moment
 * after its job row. @throws Error when there is none, or it still runs after a thousand looks
 */
export async function endedExecution(system: System, stateMachineArn: string, name: string) {
  for (let looks = 1; ; looks++) {
    const found = await executionNamed(system, stateMachineArn, name);
    if (found.status !== 'RUNNING') return found;
    if (looks > MAX_LOOKS) throw new Error(`execution ${name} is still running`);
    await pause(LOOK_MS);
  }
}

/** The execution of this name. @throws Error when there is none */
export async function executionNamed({ machines }: System, stateMachineArn: string, name: string) {
  for await (const { executions = [] } of paginateListExecutions({ client: machines }, { stateMachineArn })) {
    const found = executions.find((execution) => execution.name === name);
    if (found) return { status: found.status, arn: found.executionArn as string };
  }
  throw new Error(`no execution is named ${name}`);
}
