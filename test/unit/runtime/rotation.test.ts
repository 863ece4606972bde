import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { clearCaches } from '@aws-lambda-powertools/parameters';
import { DEFAULT_PROVIDERS } from '@aws-lambda-powertools/parameters/base';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { connectAnthropic } from '../../../lambdas/runtime/connect-anthropic.ts';
import { connectConversations, conversationsWhenAsked } from '../../../lambdas/runtime/connect-polis.ts';
import { AnthropicRefused, InvalidSetting, KeyRefused, PasswordRefused } from '../../../lambdas/shared/errors.ts';

/** What Secrets Manager holds, by name, and how often it was asked. */
const secrets: Record<string, string> = {};
let lookUps = 0;
const secretsManager = createServer(async (request, response) => {
  lookUps += 1;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { SecretId } = JSON.parse(Buffer.concat(chunks).toString());
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify({ Name: SecretId, SecretString: secrets[SecretId] }));
});

/** The Anthropic API: it takes one key, and otherwise says 401 or what else it is told to. */
let goodKey = '';
let refusesWith = 401;
let sent: string[] = [];
const api = createServer((request, response) => {
  request.resume().on('end', () => {
    const key = String(request.headers['x-api-key'] ?? request.headers.authorization).replace('Bearer ', '');
    sent.push(key);
    const good = key === goodKey;
    const body = good
      ? { id: 'claude-sonnet-5-5' }
      : { type: 'error', error: { type: 'authentication_error', message: 'no' } };
    response.writeHead(good ? 200 : refusesWith, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
});

/** A PostgreSQL that refuses every password, and counts. */
const refusal = Buffer.from('SFATAL\0C28P01\0Mno\0\0');
const postgres = () => {
  let connections = 0;
  const server = createTcpServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined);
    const length = Buffer.alloc(4);
    length.writeInt32BE(refusal.length + 4);
    socket.once('data', () => socket.end(Buffer.concat([Buffer.from('E'), length, refusal])));
  });
  return { server, connections: () => connections };
};
const [before, after] = [postgres(), postgres()];

const servers: Server[] = [secretsManager, api, before.server, after.server];
const portOf = (server: Server) => (server.address() as AddressInfo).port;
const urlOf = (server: Server) => `postgres://polis:secret-word@127.0.0.1:${portOf(server)}/polis`;
beforeAll(async () => {
  for (const server of servers) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${portOf(secretsManager)}`);
  // a client that another file has made asks at another address
  delete DEFAULT_PROVIDERS.secrets;
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('ANTHROPIC_BASE_URL', `http://127.0.0.1:${portOf(api)}`);
  vi.stubEnv('ANTHROPIC_SECRET_NAME', 'key');
  vi.stubEnv('DATABASE_SECRET_NAME', 'url');
  vi.stubEnv('DATABASE_TLS', 'off');
  vi.stubEnv('MATH_ENV', 'prod');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  clearCaches();
  lookUps = 0;
  sent = [];
  refusesWith = 401;
});

const errorOf = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => new Error('expected an error'),
    (error: Error) => error,
  );

describe('a key that is rotated while a step works', () => {
  test('is looked up again when it is refused, and the call made once more', async () => {
    [secrets.key, goodKey] = ['sk-old', 'sk-old'];
    const batches = await connectAnthropic();
    expect(await batches.knowsModel('claude-sonnet-5-5')).toBe(true);
    [secrets.key, goodKey] = ['sk-new', 'sk-new'];
    expect(await batches.knowsModel('claude-sonnet-5-5')).toBe(true);
    expect(await batches.knowsModel('claude-sonnet-5-5')).toBe(true);
    expect(sent).toEqual(['sk-old', 'sk-old', 'sk-new', 'sk-new']);
    expect(lookUps).toBe(2);
  });

  test('and still refused is left to the retries of the state machine', async () => {
    [secrets.key, goodKey] = ['sk-old', 'another'];
    const batches = await connectAnthropic();
    const calls: (() => Promise<unknown>)[] = [
      () => batches.knowsModel('claude-sonnet-5-5'),
      () => batches.send([]),
      () => batches.status('msgbatch_1'),
      () => batches.cancel('msgbatch_1'),
      () => batches.createdSince('2026-11-22T09:00:00Z'),
      () => batches.results('msgbatch_1'),
    ];
    for (const call of calls) expect(await errorOf(call())).toBeInstanceOf(KeyRefused);
    expect(sent).toHaveLength(2 * calls.length);
  });

  test('is not looked up again for another refusal', async () => {
    [secrets.key, goodKey, refusesWith] = ['sk-old', 'another', 403];
    const batches = await connectAnthropic();
    expect(await errorOf(batches.send([]))).toBeInstanceOf(AnthropicRefused);
    expect([sent.length, lookUps]).toEqual([1, 1]);
  });

  test('to something that is no key is a setting to fix', async () => {
    [secrets.key, goodKey] = ['sk-old', 'another'];
    const batches = await connectAnthropic();
    secrets.key = '{"key": "secret-word"}';
    expect(await errorOf(batches.send([]))).toBeInstanceOf(InvalidSetting);
  });
});

test('a database that a function can do without is looked up only when it is asked', async () => {
  expect(lookUps).toBe(0);
  secrets.url = '';
  expect(await errorOf(conversationsWhenAsked.votersCited(7, [1]))).toBeInstanceOf(InvalidSetting);
  expect(lookUps).toBe(1);
});

describe('a database password that is rotated while a step works', () => {
  test('is looked up again when it is refused, and the connection made once more', async () => {
    secrets.url = urlOf(before.server);
    const conversations = await connectConversations();
    secrets.url = urlOf(after.server);
    const error = await errorOf(conversations.report('r1'));
    expect(error).toBeInstanceOf(PasswordRefused);
    expect(error.message).not.toContain('secret-word');
    expect([before.connections(), after.connections(), lookUps]).toEqual([1, 1, 2]);
  });
});
