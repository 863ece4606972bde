import { expect, test, vi } from 'vitest';
import { type Deployed, noStack, oneLine, outputs, runMain, useDeployed } from '../../support/cli/deployed.ts';
import { AwsError } from '../../support/cli/fake-aws.ts';

const deployed = useDeployed();

const DESCRIBE = 'CloudFormation.DescribeStacks';

/** Runs `jobs` while one call answers otherwise. */
async function jobsWhile(call: string, answer: () => ReturnType<Deployed['stackAnswer']>) {
  const before = deployed.aws.calls[call];
  deployed.aws.calls[call] = answer;
  try {
    return await deployed.run(['jobs']);
  } finally {
    if (before) deployed.aws.calls[call] = before;
    else delete deployed.aws.calls[call];
  }
}

test('an endpoint that does not answer is named, with what to do', async () => {
  const said = await runMain(['jobs', '--endpoint-url', 'http://127.0.0.1:1', '--region', 'eu-west-1']);
  expect(said).toMatchObject({ code: 1, out: '' });
  expect(said.err).toEqual(
    oneLine(/^EndpointDown: http:\/\/127\.0\.0\.1:1 does not answer \(ECONNREFUSED\): start it/),
  );
});

test('no region is a usage error, and the line says how to set one', async () => {
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
  const said = await runMain(['jobs']);
  expect(said.code).toBe(2);
  expect(said.err).toEqual(oneLine(/no region is set: give --region/));
});

test.each([[], ['--before-deploy']])('doctor without a region says so once (%j)', async (...flags: string[]) => {
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
  const said = await runMain(['doctor', ...flags]);
  expect(said.code).toBe(1);
  expect(said.out).toMatch(/^FAIL {2}region: no region is set: give --region[^\n]*\n0 ok, 0 warnings, 1 failed\n$/);
});

test.each(['AWS_REGION', 'AWS_DEFAULT_REGION'])('%s is read as the AWS CLI reads it', async (name) => {
  const said = await runMain(['jobs', '--endpoint-url', deployed.aws.url], { env: { [name]: 'eu-west-1' } });
  expect(said).toMatchObject({ code: 0, out: 'no jobs\n' });
});

test('no credentials are a usage error, and the line says how to give them', async () => {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) vi.stubEnv(name, undefined);
  for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/nonexistent');
  const said = await deployed.run(['jobs']);
  expect(said.code).toBe(2);
  expect(said.err).toEqual(oneLine(/there are no usable AWS credentials/));
});

test('expired credentials are an error that says so', async () => {
  const said = await jobsWhile(
    DESCRIBE,
    () => new AwsError('ExpiredToken', 'The security token included is expired', 403),
  );
  expect(said.code).toBe(1);
  expect(said.err).toEqual(oneLine(/^AccessRefused: AWS does not accept the credentials \(ExpiredToken\)/));
});

test('a refusal names the action that is not allowed', async () => {
  const message =
    'User: arn:aws:iam::1:user/a is not authorized to perform: cloudformation:DescribeStacks on resource: x';
  const said = await jobsWhile(DESCRIBE, () => new AwsError('AccessDenied', message, 403));
  expect(said.code).toBe(1);
  expect(said.err).toEqual(oneLine(/^AccessRefused: these credentials may not call cloudformation:DescribeStacks/));
});

test('a stage that is not deployed is named by its stack', async () => {
  const said = await deployed.run(['jobs', '--stage', 'beta']);
  expect(said.code).toBe(1);
  expect(said.err).toEqual(
    oneLine(/^NotDeployed: there is no stack DelphiNarratives-beta in http.+npm run deploy:emulator/),
  );
});

test('a stack without an output was deployed by an older version', async () => {
  const { SweepFunctionName: _, ...older } = outputs();
  const said = await jobsWhile(DESCRIBE, () => deployed.stackAnswer(older));
  expect(said.code).toBe(1);
  expect(said.err).toEqual(oneLine(/deployed by an older version \(it has no SweepFunctionName\): deploy again/));
});

test('a missing job table is an error in one line', async () => {
  const said = await jobsWhile(DESCRIBE, () => deployed.stackAnswer({ ...outputs(), JobTableName: 'Not_There' }));
  expect(said.code).toBe(1);
  expect(said.err).toEqual(oneLine(/ResourceNotFoundException.*narratives doctor/));
});

test('a stack that was removed is no deployment', async () => {
  const said = await jobsWhile(DESCRIBE, () => noStack('DelphiNarratives'));
  expect(said.err).toEqual(oneLine(/^NotDeployed: /));
});

test('with --json, an error is one JSON line', async () => {
  const said = await deployed.run(['job', 'nobody', '--json']);
  expect(said).toMatchObject({ code: 1, out: '' });
  expect(said.err).toEqual(oneLine(/^{"error":{"name":"UnknownJob","message":"there is no job nobody/));
});

test.each(['job', 'watch', 'cancel', 'redrive'])(
  '%s of an unknown job is one line and exit code 1',
  async (command) => {
    const said = await deployed.run([command, 'nobody']);
    expect(said).toMatchObject({ code: 1, out: '' });
    expect(said.err).toEqual(oneLine(/^UnknownJob: there is no job nobody/));
  },
);

test.each([
  ['reports', 'rnone'],
  ['report', 'rnone', '--format', 'md'],
])('%s of a report with 0 sections says so and fails', async (...args) => {
  const said = await deployed.run(args);
  expect(said).toMatchObject({ code: 1, out: '' });
  expect(said.err).toEqual(oneLine(/^UnknownReport: report rnone has 0 stored sections/));
});
