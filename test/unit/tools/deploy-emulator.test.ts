import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nextSteps } from '../../../tools/deploy-emulator.ts';
import { emulatorEnvironment, emulatorUrl, findEmulator, missingFromShell } from '../../../tools/emulator.ts';
import { freePort } from '../../support/processes.ts';

const PROGRAM = fileURLToPath(new URL('../../../tools/deploy-emulator.ts', import.meta.url));

/** The command in a process of its own. */
async function deploy(env: NodeJS.ProcessEnv, words: string[] = []) {
  const child = spawn(process.execPath, [PROGRAM, ...words], {
    env: { PATH: process.env.PATH, ...env },
    stdio: 'pipe',
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      said[name] += chunk;
    });
  }
  const [code] = await once(child, 'close');
  return { code, ...said };
}

/** A server that answers these paths with JSON, and any other with 404. */
async function answering(answers: Record<string, object>): Promise<string> {
  const server = createServer(({ url = '' }, response) => {
    const body = answers[url];
    response.writeHead(body ? 200 : 404).end(JSON.stringify(body ?? {}));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const services = { services: { s3: 'available' } };

describe('npm run deploy:emulator', () => {
  it('says in one line that no emulator is running, with exit code 1', async () => {
    const AWS_ENDPOINT_URL = `http://127.0.0.1:${await freePort()}`;
    expect(await deploy({ AWS_ENDPOINT_URL })).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(new RegExp(`^StoreUnavailable: no emulator answers at ${AWS_ENDPOINT_URL}: .+\n$`)),
    });
  });

  it('says in one line when the server is not an emulator, with exit code 1', async () => {
    const { code, stderr } = await deploy({ AWS_ENDPOINT_URL: await answering({}) });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^StoreUnavailable: the server at \S+ does not answer like CloudFormation [^\n]+\n$/);
  });

  it('refuses a wrong database URL without repeating it', async () => {
    const { code, stdout, stderr } = await deploy({ DATABASE_URL: 'mysql://polis:hunter2@db/polis' });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^InvalidSetting: DATABASE_URL should look like postgres:[^\n]+\n$/);
    expect(stderr).not.toContain('hunter2');
  });

  it.each([
    [['--stage', 'beta'], '-c narratives:stage=NAME'],
    [['--region=eu-west-1'], 'AWS_REGION'],
  ])('refuses %j, which the CDK would ignore, with exit code 2', async (words, instead) => {
    const { code, stdout, stderr } = await deploy({}, words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^InvalidSetting: --(stage|region) is not a flag of deploy:emulator: [^\n]+\n$/);
    expect(stderr).toContain(instead);
  });

  it.each([
    ['AWS_ENDPOINT_URL', 'https://cloudformation.eu-west-1.amazonaws.com'],
    ['AWS_ENDPOINT_URL', 'https://dynamodb.cn-north-1.amazonaws.com.cn/'],
    ['AWS_ENDPOINT_URL_S3', 'https://s3.dualstack.us-east-1.api.aws'],
  ])('refuses to deploy to AWS itself (%s=%s), with exit code 2', async (name, value) => {
    expect(await deploy({ [name]: value })).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(new RegExp(`^InvalidSetting: ${name} is AWS itself [^\n]+npx cdk deploy --all\n$`)),
    });
  });
});

describe('the environment of a deployment to an emulator', () => {
  it('is port 4566, region us-east-1 and test credentials by default', () => {
    const url = emulatorUrl({});
    expect(url).toBe('http://localhost:4566');
    expect(emulatorEnvironment({ url, kind: 'other' }, {})).toMatchObject({
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      CDK_DEFAULT_ACCOUNT: '000000000000',
    });
    const given = { AWS_ACCESS_KEY_ID: '111111111111', AWS_SECRET_ACCESS_KEY: 'mine', AWS_REGION: 'eu-west-1' };
    expect(emulatorEnvironment({ url, kind: 'other' }, given)).toMatchObject({
      ...given,
      AWS_DEFAULT_REGION: 'eu-west-1',
    });
  });

  it('never lets the SDK call AWS', () => {
    const env = emulatorEnvironment(
      { url: 'http://localhost:4566', kind: 'other' },
      { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
    );
    expect(env).not.toHaveProperty('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS');
  });

  it('has LocalStack’s own address for assets only where LocalStack answers', async () => {
    const localStack = await findEmulator(await answering({ '/_localstack/health': services }));
    const both = { '/_localstack/health': services, '/_ministack/health': services };
    const miniStack = await findEmulator(await answering(both));
    const other = await findEmulator(await answering({}));
    const { port } = new URL(localStack.url);
    expect(emulatorEnvironment(localStack, {}).AWS_ENDPOINT_URL_S3).toBe(
      `http://s3.localhost.localstack.cloud:${port}`,
    );
    expect(emulatorEnvironment(localStack, { AWS_ENDPOINT_URL_S3: 'http://s3.here' }).AWS_ENDPOINT_URL_S3).toBe(
      'http://s3.here',
    );
    expect(emulatorEnvironment(miniStack, {})).not.toHaveProperty('AWS_ENDPOINT_URL_S3');
    expect(emulatorEnvironment(other, {})).not.toHaveProperty('AWS_ENDPOINT_URL_S3');
  });
});

describe('what a deployment prints at its end', () => {
  const found = {
    emulator: { url: 'http://localhost:4566', kind: 'other' as const },
    stack: 'DelphiNarratives-beside',
    outputs: {
      StateMachineArn: 'arn:machine',
      DeadLetterQueueUrl: 'http://queue',
      JobTableName: 'jobs',
      ReportsTableName: 'reports',
      LedgerTableName: 'ledger',
      AnthropicSecretName: 'key',
      DatabaseSecretName: 'database',
    },
    apiUrl: undefined,
    existed: false,
    shellSets: '',
    secrets: [],
  };

  it('names the variable of a missing secret, and the stage', () => {
    const said = nextSteps({
      ...found,
      secrets: [{ name: 'database', variable: 'DATABASE_URL', state: 'absent' }],
    });
    expect(said).toContain('Set DATABASE_URL and run this again to create the secret database.');
    expect(said).toContain('npx narratives doctor --endpoint-url http://localhost:4566 --stage beside');
  });

  it.each([
    [{}, 'export AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test'],
    [{ AWS_DEFAULT_REGION: 'eu-west-1', AWS_PROFILE: 'mine' }, 'export AWS_REGION=eu-west-1'],
    [{ AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'mine', AWS_SECRET_ACCESS_KEY: 'mine' }, ''],
  ])('sets what a shell with %j lacks before the commands that need it', (shell, line) => {
    const shellSets = missingFromShell(shell, emulatorEnvironment(found.emulator, shell));
    expect(shellSets).toBe(line);
    const said = nextSteps({ ...found, shellSets }).split('\n');
    const commands = said.slice(said.findIndex((text) => text.startsWith('To run a first job')) + 1);
    expect(commands).toHaveLength(line ? 3 : 2);
    expect(commands[0]).toBe(
      line ? `  ${line}` : '  npx narratives doctor --endpoint-url http://localhost:4566 --stage beside',
    );
  });

  it.each([
    ['MiniStack', 'http://localhost:4566/_aws/execute-api/8f1f8809/$default'],
    ['LocalStack', 'http://8f1f8809.execute-api.localhost.localstack.cloud:4566'],
    ['other', 'https://8f1f8809.execute-api.us-east-1.amazonaws.com/'],
  ] as const)('says where the HTTP API answers: %s', (kind, address) => {
    const emulator = { url: 'http://localhost:4566', kind };
    const apiUrl = 'https://8f1f8809.execute-api.us-east-1.amazonaws.com/';
    expect(nextSteps({ ...found, emulator, apiUrl })).toMatch(new RegExp(`HTTP API +${RegExp.escape(address)}\n`));
  });
});
