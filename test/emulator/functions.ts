import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { GetFunctionCommand, type GetFunctionCommandOutput } from '@aws-sdk/client-lambda';
import { beforeAll, describe, expect, it } from 'vitest';
import { executionName } from '../../lambdas/shared/names.ts';
import { endedExecution, historyOf, putJob, rowAtEnd } from '../support/emulator/polis.ts';
import { asked, connect, skipped, stackOutputs } from '../support/emulator/system.ts';

/** The steps of a job that needs one round. */
const STEPS = ['dispatch', 'submit', 'check-status', 'collect', 'complete'];

describe.skipIf(skipped)('what a job runs in', () => {
  const system = skipped ? (undefined as never) : connect();
  let jobId: string;
  const functions = new Map<string, GetFunctionCommandOutput>();

  beforeAll(async () => {
    jobId = await putJob(system);
    await rowAtEnd(system, jobId);
    const listed = paginateListStackResources({ client: system.stacks }, { StackName: 'DelphiNarratives' });
    for await (const { StackResourceSummaries = [] } of listed) {
      for (const { ResourceType, PhysicalResourceId: FunctionName } of StackResourceSummaries) {
        if (ResourceType !== 'AWS::Lambda::Function' || !FunctionName) continue;
        const found = await system.functions.send(new GetFunctionCommand({ FunctionName }));
        functions.set(found.Configuration?.Environment?.Variables?.POWERTOOLS_SERVICE_NAME ?? FunctionName, found);
      }
    }
  });

  it('is, function by function, the very archive that the CDK made of the bundle', () => {
    const cache = join(system.folder, 'cdk.out-main', '.cache');
    const archives = readdirSync(cache).map((name) => sha256(readFileSync(join(cache, name))));
    const deployed = [...functions.values()].map(({ Configuration }) => Configuration);
    expect(deployed.length).toBeGreaterThanOrEqual(9);
    for (const code of deployed) {
      expect(code).toMatchObject({ Runtime: 'nodejs24.x', Handler: 'index.handler', PackageType: 'Zip' });
      expect(archives).toContain(code?.CodeSha256);
    }
  });

  it('is the deployed functions, as Step Functions scheduled them', async () => {
    const machineArn = (await stackOutputs(system)).DelphiNarratives?.StateMachineArn as string;
    const { arn } = await endedExecution(system, machineArn, executionName(jobId, 1));
    // AWS reports a function that is called by its ARN in its own kind of event, the emulator like any other task
    const called = (await historyOf(system, arn)).flatMap(
      ({ taskScheduledEventDetails, lambdaFunctionScheduledEventDetails }) =>
        (taskScheduledEventDetails ?? lambdaFunctionScheduledEventDetails)?.resource ?? [],
    );
    const arns = STEPS.slice(1).map((step) => functions.get(`narratives-${step}`)?.Configuration?.FunctionArn);
    expect(new Set(called)).toEqual(new Set(arns));
  });

  it.each(STEPS)('leaves the lines of %s, with the job’s id, in that function’s log group', async (step) => {
    const logGroupName = functions.get(`narratives-${step}`)?.Configuration?.LoggingConfig?.LogGroup as string;
    const lines: Record<string, unknown>[] = [];
    const filter = { logGroupName, filterPattern: `"${jobId}"` };
    for await (const { events = [] } of paginateFilterLogEvents({ client: system.logs }, filter)) {
      for (const { message = '' } of events) if (message.startsWith('{')) lines.push(JSON.parse(message));
    }
    expect(lines).toContainEqual(expect.objectContaining({ service: `narratives-${step}`, job_id: jobId }));
  });

  it('reaches the Anthropic API with the key from Secrets Manager', async () => {
    const { pid, calls } = await asked(system);
    expect(pid).not.toBe(process.pid);
    expect(calls.filter(({ path, status }) => path.endsWith('/results') && status === 200)).not.toEqual([]);
    expect(calls.filter(({ status }) => status === 401)).toEqual([]);
    expect(JSON.stringify(process.env)).not.toMatch(/postgres:\/\/|"ANTHROPIC_API_KEY"/);
  });
});

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('base64');
