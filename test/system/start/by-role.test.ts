import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type StandIn, startStandIn } from '../../../stand-in/server.ts';
import { command, EXPORT, oneLine, tempFolder } from '../../support/start/command.ts';
import { reportIn } from '../../support/start/report-files.ts';
import { sentAs, WORKSPACE } from '../../support/workspace.ts';

const { workspaceId, region, credentials } = WORKSPACE;
const state = tempFolder();
let api: StandIn;
let sent: string[] = [];

beforeAll(async () => {
  api = await startStandIn({ apiKey: WORKSPACE, onRequest: (request) => void sent.push(...sentAs(request)) });
});
afterAll(() => api.close());
beforeEach(() => {
  sent = [];
});

const run = (more: NodeJS.ProcessEnv = {}) =>
  command(['--export', EXPORT, '--state', state, '--yes'], {
    env: {
      ANTHROPIC_PROVIDER: 'aws',
      ANTHROPIC_AWS_WORKSPACE_ID: workspaceId,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken,
      AWS_EC2_METADATA_DISABLED: 'true',
      ANTHROPIC_BASE_URL: api.url,
      ...more,
    },
  });

describe('a run through Claude Platform on AWS', () => {
  it.each([
    [{ AWS_ACCESS_KEY_ID: '', HOME: '/nonexistent' }, 2, /needs AWS credentials, and there are none/],
    [{ AWS_SECRET_ACCESS_KEY: 'wrong' }, 1, /KeyRefused: AWS refuses.*InvalidSignatureException.*credentials/],
  ])('ends with one line and sends nothing with %j', async (changes, code, line) => {
    expect(await run(changes)).toMatchObject({ code, stderr: oneLine(line) });
    expect(api.batches()).toEqual([]);
  });

  it('writes the report with the credentials of this machine and without a key', async () => {
    const { code, stdout, stderr } = await run();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`ANTHROPIC_PROVIDER is aws: the batch goes to ${api.url} and costs money`);
    expect(stdout).toMatch(/about \$\d+\.\d\d \(.* in later rounds\), at most \$\d+\.\d\d/);
    expect(stdout).toMatch(/COMPLETED: (\d+) of \1 sections stored/);
    expect(new Set(sent)).toEqual(new Set(['AWS4-HMAC-SHA256']));
    expect(reportIn(join(state, 'real-aws', 'reports')).markdown).not.toMatch(/simulated/i);
  });
});
