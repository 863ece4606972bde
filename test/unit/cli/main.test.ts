import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { oneLine, runMain } from '../../support/cli/deployed.ts';

test.each([
  [[], /name a command/],
  [['--json'], /name a command/],
  [['frobnicate'], /unknown command 'frobnicate'/],
  [['jobs', '--nope'], /unknown option '--nope'/],
  [['job'], /missing required argument 'JOB_ID'/],
  [['job', 'a', 'b'], /too many arguments.*: a, b; narratives/],
  [['jobs', '--limit', '0'], /--limit should be a whole number from 1 to 1,000/],
  [['jobs', '--limit', '1e3'], /--limit should be a whole number/],
  [['jobs', '--status', 'done'], /--status should be one of PENDING, PROCESSING/],
  [['submit', 'r1#x'], /REPORT_ID should be a report id/],
  [['submit', 'r1', '--max-batch-size', 'many'], /--max-batch-size should be a whole number from 1 to 100,000/],
  [['spending', '--days', '0'], /--days should be a whole number from 1 to 180/],
  [['submit', 'r1', '--zid', '12x'], /--zid should be the conversation’s zid/],
  [['batch', '../models'], /BATCH_ID should be a batch id/],
  [['--jsno'], /unknown option '--jsno'/],
  [['report', 'r1', '--format', 'pdf'], /--format should be md, html or json/],
  [['jobs', '--endpoint-url', 'localhost:4566'], /--endpoint-url should be an address such as/],
  [['jobs', '--region', 'Ireland'], /--region should be a region such as eu-west-1/],
  [['jobs', '--stage', '1st'], /--stage should be the stage as it was deployed/],
])('%j is a usage error: exit code 2 and one line', async (args, line) => {
  const said = await runMain(args);
  expect({ code: said.code, out: said.out }).toEqual({ code: 2, out: '' });
  expect(said.err).toEqual(oneLine(line));
});

test.each([
  [['jobs', '--zid', '7'], /--zid goes with --report/],
  [['doctor', '--settings', 'x.json'], /--settings goes with --before-deploy/],
  [['doctor', '--before-deploy', '--settings', 'no-such-file.json'], /no-such-file\.json cannot be read \(ENOENT\)/],
  [['doctor', '--before-deploy', '--report', 'r1'], /--report does not go with --before-deploy/],
  [['submit', 'r1', '--zid', '7', '--model', 'a#b'], /--model must be a model id/],
])('%j is refused before anything is checked', async (args, line) => {
  const said = await runMain([...args, '--endpoint-url', 'http://127.0.0.1:1', '--region', 'eu-west-1']);
  expect(said.err).toEqual(oneLine(line));
});

test('with --json, an error is one JSON line on stderr', async () => {
  const said = await runMain(['jobs', '--limit', '0', '--json']);
  expect(said.code).toBe(2);
  expect(said.json()).toEqual({ error: { name: 'UsageError', message: expect.stringContaining('--limit') } });
});

test('--help lists every command, and for a command its options and the global ones', async () => {
  const all = await runMain(['--help']);
  expect(all).toMatchObject({ code: 0, err: '' });
  for (const name of [
    'submit',
    'watch',
    'jobs',
    'job',
    'batch',
    'reports',
    'report',
    'verify',
    'spending',
    'cancel',
    'redrive',
    'publish',
    'erase',
    'doctor',
  ])
    expect(all.out).toMatch(new RegExp(`^  ${name} `, 'm'));
  const one = await runMain(['submit', '--help']);
  expect(one.out).toContain('--idempotency-key');
  expect(one.out).toContain('--endpoint-url');
});

test('--version prints the version of the package', async () => {
  expect(await runMain(['--version'])).toEqual(
    expect.objectContaining({ code: 0, out: `${packageJson.version}\n`, err: '' }),
  );
});

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

test('a usage error ends with 2 and one line on stderr', async () => {
  expect(await start(['cancel'])).toEqual({
    code: 2,
    stdout: '',
    stderr: oneLine(/missing required argument 'JOB_ID'/),
  });
});

test('an emulator that is not running ends with 1 and one line with its address', async () => {
  const env = { ...CREDENTIALS, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
  const ended = await start(['jobs'], env);
  expect(ended).toEqual({
    code: 1,
    stdout: '',
    stderr: oneLine(/^EndpointDown: http:\/\/127\.0\.0\.1:1 does not answer/),
  });
});

test('a profile that does not exist is an error in one line', async () => {
  const ended = await start(['jobs', '--profile', 'nobody', '--region', 'eu-west-1', '--json']);
  expect(ended).toEqual({
    code: 2,
    stdout: '',
    stderr: oneLine(/^{"error":{"name":"UsageError","message":"there are no usable/),
  });
});
