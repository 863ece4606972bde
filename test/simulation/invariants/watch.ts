import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { CREATE_BATCH } from '../../../lambdas/shared/job-row.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { allRows } from '../../support/readers.ts';
import type { Call } from '../calls.ts';
import { currentInvocation } from '../gate.ts';
import type { Row } from './left.ts';

/**
 * Looks at what is written at the moment it is written, for what the stores no longer show at the end: a row that lied for
 * a while, a row that had ended and was changed back, a batch that was taken from its owner, a cancel of what may be another's.
 */
export function watchOf(db: DynamoDBDocumentClient, isRunning: (execution: string) => boolean) {
  const lies: string[] = [];
  const rows = new Map<string, Row>();
  const get = async (TableName: string, Key: Record<string, string>) =>
    (await db.send(new GetCommand({ TableName, Key, ConsistentRead: true }))).Item as Row | undefined;

  async function jobWritten(jobId: string): Promise<void> {
    const row = await get(TABLE_NAMES.jobs, { job_id: jobId });
    const before = rows.get(jobId);
    if (!row) return;
    rows.set(jobId, row);
    lies.push(
      ...statusLies(before, row, isRunning).map((line) => `${currentInvocation()?.label ?? 'an operator'}: ${line}`),
    );
    if (row.status === 'COMPLETED' && before?.status !== 'COMPLETED') lies.push(...(await gaps(db, jobId)));
  }

  /** A batch that has just been sent or found is marked as this job's by then. */
  async function batchNamed(jobId: string, entry: string): Promise<void> {
    const batch = await get(TABLE_NAMES.ledger, { job_id: jobId, entry });
    if (batch?.state !== 'submitted' || (await get(TABLE_NAMES.ledger, { job_id: jobId, entry: 'plan' }))?.legacy)
      return;
    const mark = await get(TABLE_NAMES.ledger, { job_id: `batch:${batch.batch_id}`, entry: 'owner' });
    if (mark?.owner !== jobId || mark.intent !== entry)
      lies.push(
        `${entry} of ${jobId} is a batch with the mark of ${mark?.intent ?? 'none'} of ${mark?.owner ?? 'nobody'}`,
      );
  }

  return {
    lies,
    /** After a write of one row. */
    async wrote(table: string, { Key, Item }: Call): Promise<void> {
      const id = String((Key ?? Item)?.job_id ?? '');
      const entry = String(Item?.entry ?? '');
      if (table === TABLE_NAMES.jobs) await jobWritten(id);
      else if (table === TABLE_NAMES.ledger && entry.startsWith('batch#')) await batchNamed(id, entry);
    },
    /** Before the API is asked to cancel a batch. */
    async cancels(batchId: string): Promise<void> {
      const batch = (await allRows(db, TABLE_NAMES.ledger)).find((row) => row.batch_id === batchId && row.intent_at);
      if (!batch) lies.push(`the cancel of a batch that no ledger names: ${batchId}`);
      else if (batch.adopted) lies.push(`the cancel of a batch that is not proven ours: ${batchId}`);
    },
    /** After the row has been told that its execution was stopped. */
    async stopped({ job_id, execution }: { job_id: string; execution: string }): Promise<void> {
      const row = await get(TABLE_NAMES.jobs, { job_id });
      if (row?.worker_id === execution && (row.status === 'PROCESSING' || row.status === 'CANCELLED'))
        lies.push(`execution ${execution} was stopped, and its row is left ${row.status}`);
    },
  };
}

/** What a row may not become, by what it was. */
function statusLies(before: Row | undefined, row: Row, isRunning: (execution: string) => boolean): string[] {
  const by = currentInvocation()?.label ?? '';
  const said = `${row.job_id} was ${before?.status} and is ${row.status}`;
  const lies: string[] = [];
  if (row.status === 'FAILED' && !row.error_message) lies.push(`${row.job_id} is FAILED and does not say why`);
  if (before === undefined || before.status === row.status) return lies;
  const withdrawn = row.status === 'FAILED' && row.withdrawn_reason !== undefined;
  if (before.status === 'COMPLETED' || (before.status === 'CANCELLED' && !withdrawn))
    lies.push(`changed back: ${said}`);
  // a job that failed goes on when a person, the sweep or the news of a redrive says so; a step only takes it to its end
  const asked = by === '' || /^(sweep|execution-changed)#/.test(by);
  if (before.status === 'FAILED' && row.job_type === CREATE_BATCH && !asked && row.status !== 'COMPLETED')
    lies.push(`changed back: ${said}`);
  if (row.status === 'PENDING' && before.status === 'PROCESSING' && isRunning(String(before.worker_id)))
    lies.push(`put back while its execution was at work: ${said}`);
  return lies;
}

/** Planned sections that are neither stored nor named at the moment a job is COMPLETED. */
async function gaps(db: DynamoDBDocumentClient, jobId: string): Promise<string[]> {
  const ledger = (await allRows(db, TABLE_NAMES.ledger)).filter(({ job_id }) => job_id === jobId);
  const reports = await allRows(db, TABLE_NAMES.reports);
  const there = new Set(reports.filter(({ job_id }) => job_id === jobId).map(({ section }) => section));
  const asked = ledger
    .filter(({ entry }) => String(entry).startsWith('section#'))
    .map(({ section }) => String(section));
  return [...new Set(asked)]
    .filter((section) => !there.has(section))
    .map((section) => `${jobId} is COMPLETED while section ${section} is neither stored nor named`);
}
