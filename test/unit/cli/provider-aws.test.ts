import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Finding } from '../../../cli/doctor/findings.ts';
import { type StandIn, startStandIn } from '../../../stand-in/server.ts';
import { oneLine, outputs, useDeployed } from '../../support/cli/deployed.ts';
import { sentAs, WORKSPACE } from '../../support/workspace.ts';

const deployed = useDeployed();
const folder = mkdtempSync(join(tmpdir(), 'narratives-provider-'));
const { workspaceId, region } = WORKSPACE;
let standIn: StandIn;
let sent: string[] = [];
let secretsAsked: string[] = [];

beforeAll(async () => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  standIn = await startStandIn({
    apiKey: { ...WORKSPACE, credentials },
    onRequest: (request) => void sent.push(...sentAs(request)),
  });
});
afterAll(async () => {
  await standIn.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  [sent, secretsAsked] = [[], []];
  const { AnthropicSecretName: _, ...others } = outputs();
  const stack = { ...others, AnthropicWorkspaceId: workspaceId, AnthropicWorkspaceRegion: region };
  deployed.aws.calls['CloudFormation.DescribeStacks'] = () => deployed.stackAnswer(stack);
  deployed.aws.calls['secretsmanager.GetSecretValue'] = ({ SecretId }) => {
    secretsAsked.push(String(SecretId));
    return { SecretString: 'postgres://polis:word@127.0.0.1:1/polis' };
  };
});

const run = (args: string[], env: NodeJS.ProcessEnv = {}) =>
  deployed.run(args, { env: { ANTHROPIC_BASE_URL: standIn.url, ...env } });

async function doctor(args: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Finding[]> {
  const said = await run(['doctor', '--json', ...args], env);
  return said.json();
}
const about = (findings: Finding[], what: RegExp) => findings.filter((finding) => what.test(finding.what));

describe('with provider aws', () => {
  test('doctor asks the workspace with the credentials of the command, and looks for no key', async () => {
    const findings = await doctor();
    expect(about(findings, /Anthropic/)).toEqual([
      {
        state: 'ok',
        todo: '',
        what: 'Anthropic API',
        found: `accepts these credentials in workspace ${workspaceId} and knows claude-sonnet-5-5 (defaultModel)`,
      },
    ]);
    expect(about(findings, /^secret/).map(({ what }) => what)).toEqual(['secret database']);
    expect(new Set(secretsAsked)).toEqual(new Set(['database']));
    expect(sent).toEqual(['AWS4-HMAC-SHA256']);
  });

  test('doctor says so when a key in the environment is used instead', async () => {
    const other = await startStandIn({ apiKey: 'sk-own' });
    const env = { ANTHROPIC_API_KEY: 'sk-own', ANTHROPIC_BASE_URL: other.url };
    const findings = await doctor([], env).finally(() => other.close());
    expect(about(findings, /Anthropic/)).toMatchObject([
      { state: 'ok', found: expect.stringMatching(/^accepts the key/) },
    ]);
    expect(sent).toEqual([]);
  });

  test('doctor says what to check when the credentials may not use the workspace', async () => {
    standIn.script.gateway('models', 403, 'AccessDeniedException');
    const [finding] = about(await doctor(), /Anthropic/);
    expect(finding).toMatchObject({ state: 'FAIL' });
    expect(JSON.stringify(finding)).toMatch(/AccessDeniedException.*role may use the workspace/);
  });

  test('doctor says so when AWS does not take the credentials', async () => {
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'another');
    const [finding] = about(await doctor(), /Anthropic/);
    expect(JSON.stringify(finding)).toMatch(/InvalidSignatureException.*check the credentials/);
  });

  test('doctor asks the workspace before there is a deployment, by the settings', async () => {
    const file = join(folder, 'settings.json');
    const settings = { provider: 'aws', workspaceId, anthropicBaseUrl: standIn.url, databaseSecretName: 'database' };
    writeFileSync(file, JSON.stringify(settings));
    const findings = await doctor(['--before-deploy', '--settings', file]);
    expect(about(findings, /Anthropic/)).toMatchObject([{ state: 'ok' }]);
    expect(about(findings, /^secret/).map(({ what }) => what)).toEqual(['secret database']);
    expect(sent).toEqual(['AWS4-HMAC-SHA256']);
  });

  test('narratives batch looks a batch up in the workspace', async () => {
    const said = await run(['batch', 'msgbatch_none']);
    expect(said).toMatchObject({
      code: 1,
      err: oneLine(/has no batch msgbatch_none.*belongs to another workspace/),
    });
    expect(sent).toEqual(['AWS4-HMAC-SHA256']);
  });
});
