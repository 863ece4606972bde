import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { executionName } from '../../lambdas/shared/names.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { SAMPLE } from '../../local/sample.ts';
import { endedExecution, putJob, readReport, rowAtEnd } from '../support/emulator/polis.ts';
import { deploy } from '../support/emulator/servers.ts';
import { connect, skipped, stackOutputs } from '../support/emulator/system.ts';

describe.skipIf(skipped)('a second stage over tables that exist under other names', () => {
  const system = skipped ? (undefined as never) : connect();
  let printed: string;

  beforeAll(async () => {
    const jobTableStreamArn = await createExistingTables(system.dynamo);
    printed = await deploy(system.endpoint, system.folder, {
      ...system.settings,
      stage: 'beside',
      jobTable: EXISTING.jobs,
      jobTableStreamArn,
      reportsTable: EXISTING.reports,
      ledgerTable: EXISTING.ledger,
    });
  });

  it('creates no table, and leaves the first stage as it is', async () => {
    const stacks = Object.keys(await stackOutputs(system));
    expect(stacks).not.toContain('DelphiNarrativesData-beside');
    expect(stacks).toEqual(expect.arrayContaining(['DelphiNarratives', 'DelphiNarratives-beside']));
    expect(printed).toContain(`${EXISTING.jobs}, ${EXISTING.reports}, ${EXISTING.ledger}`);
    expect(printed).toContain('--stage beside');
  });

  it('runs a job of its own table, and stores the report in its own', async () => {
    const jobId = await putJob(system, EXISTING.jobs);
    const row = await rowAtEnd(system, jobId, EXISTING.jobs);
    expect(row.error_message).toBeUndefined();
    expect(row).toMatchObject({ status: 'COMPLETED', worker_id: executionName(jobId, 1, 'beside') });
    const machineArn = (await stackOutputs(system))['DelphiNarratives-beside']?.StateMachineArn as string;
    expect(await endedExecution(system, machineArn, executionName(jobId, 1, 'beside'))).toMatchObject({
      status: 'SUCCEEDED',
    });
    const beside = await readReport(system, SAMPLE.report_id, EXISTING.reports);
    expect(beside).toMatchObject({ jobId });
    expect(beside.sections.size).toBe(15);
    expect(await readReport(system, SAMPLE.report_id, TABLE_NAMES.reports)).not.toMatchObject({ jobId });
  });
});

/** Tables as an installation made them long before, under names of its own. */
export const EXISTING = { jobs: 'polis-a-jobs', reports: 'polis-a-reports', ledger: 'polis-a-narrative-ledger' };

type Kind = 'S' | 'N';

/** @returns the ARN of the job table's stream */
export async function createExistingTables(client: DynamoDBClient): Promise<string> {
  const { TableDescription } = await client.send(
    new CreateTableCommand({
      ...table(EXISTING.jobs, { job_id: 'S' }, [
        index('StatusCreatedIndex', 'status', 'created_at'),
        index('ConversationIndex', 'conversation_id', 'created_at'),
        index('JobTypeIndex', 'job_type', 'priority'),
        index('WorkerStatusIndex', 'worker_id', 'status'),
      ]),
      AttributeDefinitions: attributes({
        job_id: 'S',
        status: 'S',
        created_at: 'S',
        conversation_id: 'S',
        job_type: 'S',
        priority: 'N',
        worker_id: 'S',
      }),
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    }),
  );
  await client.send(
    new CreateTableCommand({
      ...table(EXISTING.reports, { rid_section_model: 'S', timestamp: 'S' }, [
        index('ReportIdTimestampIndex', 'report_id', 'timestamp'),
      ]),
      AttributeDefinitions: attributes({ rid_section_model: 'S', timestamp: 'S', report_id: 'S' }),
    }),
  );
  await client.send(
    new CreateTableCommand({
      ...table(EXISTING.ledger, { job_id: 'S', entry: 'S' }),
      AttributeDefinitions: attributes({ job_id: 'S', entry: 'S' }),
    }),
  );
  return TableDescription?.LatestStreamArn as string;
}

const keys = (names: readonly string[]) =>
  names.map((AttributeName, at) => ({ AttributeName, KeyType: at === 0 ? ('HASH' as const) : ('RANGE' as const) }));

const attributes = (kinds: Record<string, Kind>) =>
  Object.entries(kinds).map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType }));

const index = (IndexName: string, ...names: string[]) => ({
  IndexName,
  KeySchema: keys(names),
  Projection: { ProjectionType: 'ALL' as const },
});

const table = (TableName: string, key: Record<string, Kind>, indexes: ReturnType<typeof index>[] = []) => ({
  TableName,
  BillingMode: 'PAY_PER_REQUEST' as const,
  KeySchema: keys(Object.keys(key)),
  ...(indexes.length > 0 ? { GlobalSecondaryIndexes: indexes } : {}),
});
