import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { oneLine } from '../../support/cli/lines.ts';

const PROGRAM = fileURLToPath(new URL('../../../bin/narratives.ts', import.meta.url));

/** The program as a person starts it, with nothing but the given environment. */
const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const given = { PATH: process.env.PATH, HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true', ...env };
    const child = execFile(process.execPath, [PROGRAM, ...args], { env: given }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'eu-west-1' };

test('help ends with 0', async () => {
  const { code, stdout, stderr } = await start(['--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('Usage: narratives');
});

test('wrong use ends with 2 and one line on stderr', async () => {
  expect(await start(['cancel'])).toEqual({
    code: 2,
    stdout: '',
    stderr: oneLine(/missing required argument 'JOB_ID'/),
  });
});

test('an emulator that is not up ends with 1 and one line that names its address', async () => {
  const env = { ...CREDENTIALS, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
  const ended = await start(['jobs'], env);
  expect(ended).toEqual({
    code: 1,
    stdout: '',
    stderr: oneLine(/^EndpointDown: http:\/\/127\.0\.0\.1:1 does not answer/),
  });
});

test('a profile that does not exist is told in one line', async () => {
  const ended = await start(['jobs', '--profile', 'nobody', '--region', 'eu-west-1', '--json']);
  expect(ended).toEqual({
    code: 2,
    stdout: '',
    stderr: oneLine(/^{"error":{"name":"WrongUse","message":"there are no usable/),
  });
});
