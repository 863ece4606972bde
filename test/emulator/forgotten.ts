import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { putJob, rowAtEnd } from '../support/emulator/polis.ts';
import { asked, connect, narratives, skipped, stackOutputs } from '../support/emulator/system.ts';

/** Longer ago than the stream may take. */
const tenMinutesAgo = () => new Date(Date.now() - 600_000).toISOString();
const DAY_SECONDS = 86_400;
const longSince = () => ({ created_at: tenMinutesAgo(), updated_at: tenMinutesAgo() });

describe.skipIf(skipped)('a job row that the stream did not bring to the state machine', () => {
  const system = skipped ? (undefined as never) : connect();
  let outputs: Record<string, string>;
  let mapping: string;

  beforeAll(async () => {
    outputs = (await stackOutputs(system)).DelphiNarratives as Record<string, string>;
    const FunctionName = outputs.DispatchFunctionName;
    const listed = await system.functions.send(new ListEventSourceMappingsCommand({ FunctionName }));
    mapping = listed.EventSourceMappings?.[0]?.UUID as string;
  });

  const changeMapping = (change: { Enabled?: boolean; MaximumRecordAgeInSeconds?: number }) =>
    system.functions.send(new UpdateEventSourceMappingCommand({ UUID: mapping, ...change }));

  const sweep = async (): Promise<unknown> => {
    const answer = await system.functions.send(new InvokeCommand({ FunctionName: outputs.SweepFunctionName }));
    return JSON.parse(Buffer.from(answer.Payload ?? []).toString());
  };

  it('is started by the sweep, and once, although the stream delivers it later', async () => {
    const { batches } = await asked(system);
    await changeMapping({ Enabled: false });
    onTestFinished(async () => void (await changeMapping({ Enabled: true })));
    const jobId = await putJob(system, undefined, longSince());
    expect(await sweep()).toMatchObject({ started: 1 });
    expect(await rowAtEnd(system, jobId)).toMatchObject({ status: 'COMPLETED', version: expect.any(Number) });

    await changeMapping({ Enabled: true });
    const next = await putJob(system);
    expect(await rowAtEnd(system, next)).toMatchObject({ status: 'COMPLETED' });
    expect((await asked(system)).batches).toHaveLength(batches.length + 2);
  });

  it('is in the dead-letter queue, and `narratives redrive` starts it', async () => {
    const FunctionName = outputs.DispatchFunctionName;
    const { Environment } = await system.functions.send(new GetFunctionConfigurationCommand({ FunctionName }));
    const environment = (change: Record<string, string>) =>
      system.functions.send(
        new UpdateFunctionConfigurationCommand({
          FunctionName,
          Environment: { Variables: { ...Environment?.Variables, ...change } },
        }),
      );
    const fix = () => environment({});
    onTestFinished(async () => void (await changeMapping({ MaximumRecordAgeInSeconds: DAY_SECONDS })));
    onTestFinished(async () => void (await fix()));
    // AWS takes a minute at least
    await changeMapping({ MaximumRecordAgeInSeconds: 1 });
    await environment({ STATE_MACHINE_ARN: '' });

    const jobId = await putJob(system, undefined, longSince());
    const receive = new ReceiveMessageCommand({
      QueueUrl: outputs.DeadLetterQueueUrl,
      WaitTimeSeconds: 20,
      VisibilityTimeout: 0,
    });
    let Messages: Message[] = [];
    while (Messages.length === 0) Messages = (await system.queues.send(receive)).Messages ?? [];
    expect(Messages.map(({ Body = '' }) => JSON.parse(Body))).toMatchObject([
      { DDBStreamBatchInfo: { batchSize: 1, streamArn: expect.stringContaining('Delphi_JobQueue') } },
    ]);

    await fix();
    const redriven = await narratives(system, 'redrive', '--json');
    expect(redriven).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(redriven.stdout)).toMatchObject({ sweep: { started: 1 }, dead_letters: { deleted: 1 } });
    expect(await rowAtEnd(system, jobId)).toMatchObject({ status: 'COMPLETED' });
    const left = await system.queues.send(new ReceiveMessageCommand({ QueueUrl: outputs.DeadLetterQueueUrl }));
    expect(left.Messages ?? []).toEqual([]);
  });
});
