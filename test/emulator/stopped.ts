import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { executionName } from '../../lambdas/shared/names.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { executionNamed, putJob, rowAtEnd, rowOnce } from '../support/emulator/polis.ts';
import { asked, connect, holdBatches, releaseBatches, skipped, stackOutputs } from '../support/emulator/system.ts';

describe.skipIf(skipped)('an execution that somebody stops while its batch is being worked on', () => {
  const system = skipped ? (undefined as never) : connect();
  let jobId: string;
  let row: Record<string, unknown>;

  beforeAll(async () => {
    await holdBatches(system);
    jobId = await putJob(system);
    await rowOnce(system, jobId, ({ status, batch_id }) => status === 'PROCESSING' && batch_id !== undefined);
    const machineArn = (await stackOutputs(system)).DelphiNarratives?.StateMachineArn as string;
    const { arn } = await executionNamed(system, machineArn, executionName(jobId, 1));
    await system.machines.send(new StopExecutionCommand({ executionArn: arn }));
    row = await rowAtEnd(system, jobId);
  });
  afterAll(() => releaseBatches(system));

  it('leaves a row that says so, and that a batch is paid for which nobody watches', () => {
    expect(row).toMatchObject({
      status: 'FAILED',
      execution_status: 'ABORTED',
      checker_schedule_failed: true,
    });
    // a function of it may still be at work
    expect(row).not.toHaveProperty('process_exit_confirmed');
    expect(row.error_message).toContain('the execution was stopped by hand');
  });

  it('continues with the same batch once the row is put back to PENDING', async () => {
    const { batches } = await asked(system);
    await system.db.send(
      new UpdateCommand({
        TableName: TABLE_NAMES.jobs,
        Key: { job_id: jobId },
        UpdateExpression: 'SET #status = :pending, worker_id = :none, #version = #version + :one',
        ConditionExpression: '#status = :failed',
        ExpressionAttributeNames: { '#status': 'status', '#version': 'version' },
        ExpressionAttributeValues: { ':pending': 'PENDING', ':failed': 'FAILED', ':none': 'none', ':one': 1 },
      }),
    );
    await releaseBatches(system);
    const after = await rowAtEnd(system, jobId);
    expect(after).toMatchObject({ status: 'COMPLETED', batch_id: row.batch_id });
    expect(JSON.parse(String(after.job_results))).toMatchObject({ planned: 15, stored: 15 });
    expect((await asked(system)).batches).toEqual(batches);
  });
});
