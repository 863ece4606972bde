import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AnthropicUnavailable, StoreUnavailable } from '../../../lambdas/shared/errors.ts';
import { awsTrouble } from '../../../lambdas/stores/aws-trouble.ts';
import { documentClient, readRow, transact } from '../../../lambdas/stores/dynamodb.ts';

const of = (name: string, more: object = { $metadata: {} }) => Object.assign(new Error('words'), { name, ...more });
const trouble = (error: unknown) => awsTrouble('DynamoDB could not read T', error);

describe('an error of AWS or of the network', () => {
  test.each([
    'ThrottlingException',
    'ProvisionedThroughputExceededException',
    'InternalServerError',
    'ServiceUnavailable',
    'TransactionConflictException',
    'LimitExceededException',
    'ExpiredTokenException',
    'UnrecognizedClientException',
    'InvalidSignatureException',
    'TimeoutError',
    'SyntaxError',
    'SomethingNobodyKnows',
  ])('%s passes', (name) => {
    expect(trouble(of(name))).toMatchObject({
      name: 'StoreUnavailable',
      message: `DynamoDB could not read T (${name})`,
    });
  });

  test.each(['EAI_AGAIN', 'ENOTFOUND', 'ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'EHOSTUNREACH', 'ERR_SOCKET_CLOSED'])(
    '%s passes, and the line names it',
    (code) => {
      const error = trouble(of('Error', { code })) as Error;
      expect(error).toBeInstanceOf(StoreUnavailable);
      expect(error.message).toContain(code);
    },
  );

  test.each(['CredentialsProviderError', 'TokenProviderError'])('%s passes: credentials are renewed', (name) => {
    expect(trouble(of(name, {}))).toBeInstanceOf(StoreUnavailable);
  });

  test.each([
    'ValidationException',
    'AccessDeniedException',
    'ResourceNotFoundException',
    'ConditionalCheckFailedException',
    'ItemCollectionSizeLimitExceededException',
    'StateMachineDoesNotExist',
  ])('%s does not pass, and leaves as it is', (name) => {
    const error = of(name);
    expect(trouble(error)).toBe(error);
  });

  test.each([
    of('Error', {}),
    new TypeError('x'),
    Object.assign(new TypeError('x'), { $metadata: {} }),
    new ReferenceError('x'),
    new RangeError('x'),
    new AnthropicUnavailable('x'),
  ])('%o is not one, and leaves as it is', (error) => {
    expect(trouble(error)).toBe(error);
  });
});

describe('DynamoDB as its SDK sees it', () => {
  let answer: { status: number; text: string } | 'reset' = { status: 200, text: '{}' };
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (answer === 'reset') return void request.socket.destroy();
      response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' }).end(answer.text);
    });
  });
  let client: DynamoDBClient;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    client = new DynamoDBClient({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'eu-west-1',
      credentials,
      maxAttempts: 1,
    });
  });
  afterAll(() => {
    client.destroy();
    server.close();
  });
  const read = () => readRow(documentClient(client), 'T', { id: 'x' });
  const refuses = (name: string, more: object = {}) => {
    answer = { status: 400, text: JSON.stringify({ __type: `com.amazonaws#${name}`, message: 'no', ...more }) };
  };

  test.each(['ExpiredTokenException', 'ThrottlingException', 'SomethingNew'])(
    '%s is worth trying again',
    async (name) => {
      refuses(name);
      await expect(read()).rejects.toBeInstanceOf(StoreUnavailable);
    },
  );

  test.each([
    ['an answer that is cut off', { status: 200, text: '{"Item": {"id": {"S"' }],
    ['a page of a gateway', { status: 502, text: '<html>' }],
    ['a page of a gateway that says 200', { status: 200, text: '<html>' }],
    ['a connection that is reset', 'reset'],
  ] as const)('%s is worth trying again', async (_, given) => {
    answer = given;
    await expect(read()).rejects.toBeInstanceOf(StoreUnavailable);
  });

  test('a value that DynamoDB cannot hold is not the fault of DynamoDB', async () => {
    const odd = readRow(documentClient(client), 'T', { id: Symbol('x') as never });
    await expect(odd).rejects.not.toBeInstanceOf(StoreUnavailable);
  });

  test.each(['ValidationError', 'AccessDenied', 'ItemCollectionSizeLimitExceeded'])(
    'a transaction cancelled for %s is not tried again',
    async (Code) => {
      refuses('TransactionCanceledException', { CancellationReasons: [{ Code: 'None' }, { Code }] });
      await expect(transact(documentClient(client), 'write', [])).rejects.toMatchObject({
        name: 'TransactionCanceledException',
      });
    },
  );
});
