import { beforeAll, describe, expect, it } from 'vitest';
import { executionName } from '../../lambdas/shared/names.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { SAMPLE } from '../../local/sample.ts';
import { deploy } from '../support/emulator/deploy.ts';
import { createExistingTables, EXISTING } from '../support/emulator/existing-tables.ts';
import { endedExecution } from '../support/emulator/history.ts';
import { putJob, readReport, rowAtEnd } from '../support/emulator/polis.ts';
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
