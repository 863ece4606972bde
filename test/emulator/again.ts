import { fileURLToPath } from 'node:url';
import { ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import { beforeAll, describe, expect, it } from 'vitest';
import { SAMPLE } from '../../local/sample.ts';
import { putJob, rowAtEnd } from '../support/emulator/polis.ts';
import { deploy } from '../support/emulator/servers.ts';
import { connect, skipped, stackOutputs } from '../support/emulator/system.ts';
import { runToEnd } from '../support/processes.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

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

  it('prints commands that work as they are written, in a shell that has set nothing', async () => {
    const [, commands = ''] = system.printed.split('To run a first job, for a report in your Polis database:\n');
    expect(commands.trim().split('\n')).toHaveLength(3);
    const script = commands.replace('REPORT_ID', SAMPLE.report_id);
    const said = await runToEnd('sh', ['-euc', script], {
      cwd: ROOT,
      // the settings name a file with the authority of the database's certificate, and so has the reader
      env: { PATH: process.env.PATH, HOME: system.folder, DATABASE_CA_FILE: system.settings.databaseCaFile },
    });
    expect(said).toMatch(/COMPLETED/);
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
