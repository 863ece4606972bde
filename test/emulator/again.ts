import { ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import { beforeAll, describe, expect, it } from 'vitest';
import { putJob, rowAtEnd } from '../support/emulator/polis.ts';
import { deploy } from '../support/emulator/servers.ts';
import { connect, skipped, stackOutputs } from '../support/emulator/system.ts';

describe.skipIf(skipped)('npm run deploy:emulator', () => {
  const system = skipped ? (undefined as never) : connect();
  let before: Awaited<ReturnType<typeof stackOutputs>>;
  let printed: string;

  beforeAll(async () => {
    before = await stackOutputs(system);
    printed = await deploy(system.endpoint, system.folder, { ...system.settings, httpApi: 'open' });
  });

  it('says at the first time what is there and how a first job is put', () => {
    const { StateMachineArn, DeadLetterQueueUrl } = before.DelphiNarratives as Record<string, string>;
    expect(system.printed).toMatch(/Deployed DelphiNarratives\./);
    expect(system.printed).toContain(StateMachineArn);
    expect(system.printed).toContain(DeadLetterQueueUrl);
    expect(system.printed).toMatch(/delphi-narratives\/anthropic-api-key: created/);
    expect(system.printed).toContain(`npx narratives submit REPORT_ID --watch --endpoint-url ${system.endpoint}`);
  });

  it('changes nothing at the second time, and says so', async () => {
    const stacks = ['DelphiNarrativesData', 'DelphiNarratives', 'DelphiNarrativesMonitoring', 'DelphiNarrativesApi'];
    expect(Object.keys(before)).toEqual(expect.arrayContaining(stacks));
    for (const stack of stacks) expect(printed).toMatch(new RegExp(`${stack} \\(no changes\\)`));
    expect(printed).toMatch(/Updated DelphiNarratives\./);
    expect(printed).toMatch(/delphi-narratives\/database-url: unchanged/);
    expect(await stackOutputs(system)).toEqual(before);
  });

  it('leaves a system that works, with the one stream mapping it had', async () => {
    const FunctionName = before.DelphiNarratives?.DispatchFunctionName;
    const mappings = await system.functions.send(new ListEventSourceMappingsCommand({ FunctionName }));
    expect(mappings.EventSourceMappings).toHaveLength(1);
    expect(await rowAtEnd(system, await putJob(system))).toMatchObject({ status: 'COMPLETED' });
  });
});
