import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { StoreUnavailable } from '../../../lambdas/shared/errors.ts';
import { stepFunctions } from '../../../lambdas/stores/executions.ts';

const MACHINE = 'arn:aws:states:eu-west-1:111122223333:stateMachine:Narratives';

/** Step Functions as the SDK sees it: what it is asked is kept, what it answers is set by the test. */
let asked: { action: string; body: Record<string, string> }[] = [];
let answer: { status: number; body: unknown } = { status: 200, body: {} };
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const action = String(request.headers['x-amz-target']).replace('AWSStepFunctions.', '');
  asked.push({ action, body: JSON.parse(Buffer.concat(chunks).toString()) });
  response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(answer.body));
});
let client: SFNClient;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  client = new SFNClient({ endpoint: `http://127.0.0.1:${port}`, region: 'eu-west-1', credentials, maxAttempts: 1 });
});
afterAll(() => {
  client.destroy();
  server.close();
});

const answering = (status: number, body: unknown) => {
  asked = [];
  answer = { status, body };
  return stepFunctions(MACHINE, client);
};
const failing = (name: string, status = 400) => answering(status, { __type: `com.amazonaws#${name}`, message: 'no' });

describe('how an execution stands', () => {
  test.each(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE'])(
    '%s is returned',
    async (status) => {
      const arn = MACHINE.replace('stateMachine', 'execution');
      expect(await answering(200, { status }).status('job-v1')).toBe(status);
      expect(asked).toEqual([{ action: 'DescribeExecution', body: { executionArn: `${arn}:job-v1` } }]);
    },
  );

  test('one that does not exist, or no longer, is a value', async () => {
    expect(await failing('ExecutionDoesNotExist').status('job-v1')).toBe('unknown');
  });

  test.each([
    ['ThrottlingException', 400],
    ['InternalServerError', 500],
    ['ExpiredTokenException', 400],
    ['UnrecognizedClientException', 400],
    ['SomethingNew', 400],
  ])('%s says nothing of it, and passes', async (name, status) => {
    await expect(failing(name, status).status('job-v1')).rejects.toBeInstanceOf(StoreUnavailable);
  });

  test.each(['AccessDeniedException', 'InvalidArn', 'ValidationException'])(
    '%s is permanent, and keeps its name',
    async (name) => {
      await expect(failing(name).status('job-v1')).rejects.toMatchObject({ name });
    },
  );
});

describe('starting an execution', () => {
  test('gives its name and input', async () => {
    expect(await answering(200, { executionArn: 'arn', startDate: 1 }).start('job-v1', { a: 1 })).toBe('started');
    expect(asked).toEqual([
      { action: 'StartExecution', body: { stateMachineArn: MACHINE, name: 'job-v1', input: '{"a":1}' } },
    ]);
  });

  test.each(['StateMachineDoesNotExist', 'InvalidExecutionInput', 'AccessDeniedException'])(
    '%s is permanent, and keeps its name',
    async (name) => {
      await expect(failing(name).start('job-v1', {})).rejects.toMatchObject({ name });
    },
  );

  test('a name that was used before is a value, and trouble passes', async () => {
    expect(await failing('ExecutionAlreadyExists').start('job-v1', {})).toBe('already_started');
    await expect(failing('ThrottlingException').start('job-v1', {})).rejects.toBeInstanceOf(StoreUnavailable);
  });
});
