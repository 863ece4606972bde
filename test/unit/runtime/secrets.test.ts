import { createServer, type Server } from 'node:http';
import { clearCaches } from '@aws-lambda-powertools/parameters';
import { DEFAULT_PROVIDERS } from '@aws-lambda-powertools/parameters/base';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { anthropicKey, databaseUrl } from '../../../lambdas/runtime/secrets.ts';
import { InvalidSetting, StoreUnavailable } from '../../../lambdas/shared/errors.ts';

/** Answers GetSecretValue as Secrets Manager does. */
let answer: { status: number; body: object };
let calls = 0;
let cut = false;
let server: Server;

beforeAll(async () => {
  server = createServer((_, response) => {
    calls++;
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' });
    const text = JSON.stringify(answer.body);
    response.end(cut ? text.slice(0, -5) : text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${port}`);
  // a client that another file has made asks at another address
  delete DEFAULT_PROVIDERS.secrets;
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  clearCaches();
  calls = 0;
});

const holds = (SecretString: string) => {
  answer = { status: 200, body: { Name: 'team/key', SecretString } };
};
const refuses = (status: number, __type: string, message: string) => {
  answer = { status, body: { __type, message } };
};

describe('secrets', () => {
  test('the key is the bare text, and asked for once in five minutes', async () => {
    holds('sk-ant-secret-word\n');
    expect(await anthropicKey('team/key')).toBe('sk-ant-secret-word');
    expect(await anthropicKey('team/key')).toBe('sk-ant-secret-word');
    expect(calls).toBe(1);
  });

  test('the database address comes out of either form', async () => {
    holds('{"username":"u","password":"p","host":"db","port":5432,"dbname":"polis"}');
    expect(await databaseUrl('team/db')).toBe('postgres://u:p@db:5432/polis');
  });

  test.each([
    ['JSON', '{"key":"secret-word"}', /is JSON or in quotes/],
    ['text in quotes', '"secret-word"', /is JSON or in quotes/],
    ['spaces', 'key: secret-word', /holds spaces or line breaks/],
    ['two lines', 'sk-ant\nsecret-word', /holds spaces or line breaks/],
    [
      'a database URL',
      'postgres://u:secret-word@db/polis',
      /is the address of a database: the two secrets seem to be swapped/,
    ],
    ['some other address', 'https://secret-word.example.org', /is an address/],
    ['letters that cannot be in a key', 'secret-word-ä', /holds characters that cannot be in a key/],
    ['nothing', ' ', /is empty or not text/],
  ])(
    'a key that is %s is refused in one line that says what it should be, without its value',
    async (_, value, says) => {
      holds(value);
      const error = await anthropicKey('team/key').catch((thrown: Error) => thrown as Error);
      expect(error).toBeInstanceOf(InvalidSetting);
      expect(String((error as Error).message)).toMatch(new RegExp(`^secret team/key ${says.source}`));
      expect(String((error as Error).message)).not.toMatch(/secret-word|\n/);
    },
  );

  test.each([
    [400, 'ResourceNotFoundException', "Secrets Manager can't find the specified secret.", /does not exist: create it/],
    [400, 'AccessDeniedException', 'User is not authorized', /may not be read by this function/],
    [
      400,
      'InvalidRequestException',
      "You can't perform this operation on the secret because it was marked for deletion.",
      /marked for deletion: .*restore-secret/,
    ],
    [400, 'AccessDeniedException', 'Access to KMS is not allowed', /may not be read .*kmsKeyArns/],
    [400, 'DecryptionFailure', "Secrets Manager can't decrypt the protected secret text", /cannot be decrypted/],
  ])('%i %s is a setting to fix', async (status, type, message, says) => {
    refuses(status, type, message);
    await expect(databaseUrl('team/db')).rejects.toThrow(InvalidSetting);
    await expect(databaseUrl('team/db')).rejects.toThrow(says);
  });

  test.each([
    [500, 'InternalServiceError'],
    [400, 'ThrottlingException'],
    [400, 'ExpiredTokenException'],
    [400, 'UnrecognizedClientException'],
    [400, 'SomethingNew'],
  ])('%i %s is worth trying again', async (status, type) => {
    refuses(status, type, 'An error occurred.');
    await expect(anthropicKey('team/key')).rejects.toThrow(StoreUnavailable);
  });

  test('an answer that is cut off is worth trying again', async () => {
    holds('sk-ant-secret-word');
    cut = true;
    await expect(anthropicKey('team/key')).rejects.toThrow(StoreUnavailable);
    cut = false;
  });

  test('a fresh value is asked for past the cache, and kept', async () => {
    holds('sk-old');
    expect(await anthropicKey('team/key')).toBe('sk-old');
    holds('sk-new');
    expect(await anthropicKey('team/key')).toBe('sk-old');
    expect(await anthropicKey('team/key', true)).toBe('sk-new');
    expect(await anthropicKey('team/key')).toBe('sk-new');
    expect(calls).toBe(2);
  });
});
