import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { AnthropicRefused, AnthropicUnavailable, BatchNotFound, KeyRefused } from '../../../lambdas/shared/errors.ts';
import { anthropicBatches, type Batches } from '../../../lambdas/stores/anthropic.ts';
import { start } from '../../support/stand-in.ts';
import { clientOf, sentAs, WORKSPACE } from '../../support/workspace.ts';

let answer: (response: ServerResponse) => void;
let requests: IncomingMessage[] = [];
let batches: Batches;
let url: string;
const server = createServer((request, response) => {
  requests.push(request);
  request.resume().on('end', () => answer(response));
});

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  batches = anthropicBatches(await clientOf(url));
});
afterAll(() => server.close());
afterEach(() => {
  requests = [];
  vi.unstubAllEnvs();
});

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

/** An error in AWS' own format, its class where each of AWS' protocols puts it. */
const FORMATS = [
  (status: number, name: string, message: string) => json(status, { message }, { 'x-amzn-errortype': name }),
  (status: number, name: string, Message: string) =>
    json(status, { Message }, { 'x-amzn-ErrorType': `${name}:http://internal.amazon.com/coral/` }),
  (status: number, name: string, message: string) => json(status, { __type: `com.amazon.coral#${name}`, message }),
];
const aws = (status: number, name: string, message = 'odd words') => FORMATS[0]?.(status, name, message) as never;
/** An error as the API itself gives it, behind the gateway. */
const api = (status: number) =>
  json(status, { type: 'error', error: { type: 'some_error', message: 'odd words' }, request_id: 'req_1' });

const trouble = async (call: () => Promise<unknown>): Promise<Error> =>
  call().then(
    () => new Error('expected an error, and there was none'),
    (thrown: Error) => thrown,
  );

describe('a request to the workspace', () => {
  test('is signed, names the workspace, and has no key, whatever keys are in the environment', async () => {
    for (const name of ['ANTHROPIC_API_KEY', 'ANTHROPIC_AWS_API_KEY', 'ANTHROPIC_AUTH_TOKEN'])
      vi.stubEnv(name, 'sk-ant-of-the-environment');
    vi.stubEnv('ANTHROPIC_AWS_BASE_URL', 'http://127.0.0.1:1');
    vi.stubEnv('ANTHROPIC_AWS_WORKSPACE_ID', 'wrkspc_of_the_environment');
    vi.stubEnv('AWS_REGION', 'us-east-2');
    answer = json(200, { id: 'claude-sonnet-5-5' });
    await anthropicBatches(await clientOf(url)).knowsModel('claude-sonnet-5-5');
    const [request] = requests;
    expect(request && sentAs(request)).toEqual(['AWS4-HMAC-SHA256']);
    expect(request?.headers).toMatchObject({
      'anthropic-workspace-id': WORKSPACE.workspaceId,
      authorization: expect.stringContaining(`/${WORKSPACE.region}/aws-external-anthropic/aws4_request`),
    });
    expect(JSON.stringify(request?.headers)).not.toContain('of-the-environment');
  });

  test('goes to the gateway of the workspace’s region when no other address is given', async () => {
    vi.stubEnv('ANTHROPIC_BASE_URL', 'http://127.0.0.1:1');
    vi.stubEnv('ANTHROPIC_AWS_BASE_URL', 'http://127.0.0.1:1');
    const asked: string[] = [];
    const fetch = async (input: unknown) => {
      asked.push(String(input));
      return Response.json({ id: 'm' });
    };
    await anthropicBatches(await clientOf(url, { baseURL: undefined, fetch: fetch as never })).knowsModel('m');
    expect(asked).toEqual(['https://aws-external-anthropic.eu-west-1.api.aws/v1/models/m']);
  });

  test('is signed with the credentials of that moment', async () => {
    let sessionToken = 'first';
    const renewed = await clientOf(url, { credentials: async () => ({ ...WORKSPACE.credentials, sessionToken }) });
    answer = json(200, { id: 'm' });
    await anthropicBatches(renewed).knowsModel('m');
    sessionToken = 'second';
    await anthropicBatches(renewed).knowsModel('m');
    expect(requests.map(({ headers }) => headers['x-amz-security-token'])).toEqual(['first', 'second']);
  });

  test('is not made without credentials: that may pass, and says what to do', async () => {
    const missing = Object.assign(new Error('secret-word in a file'), { name: 'CredentialsProviderError' });
    const alone = anthropicBatches(await clientOf(url, { credentials: () => Promise.reject(missing) }));
    const error = await trouble(() => alone.status('msgbatch_1'));
    expect(error).toBeInstanceOf(AnthropicUnavailable);
    expect(error.message).toMatch(/no usable AWS credentials \(CredentialsProviderError\): log in again/);
    expect(error.message).not.toContain('secret-word');
    expect(await alone.send([])).toMatchObject({ kind: 'unclear' });
    expect(requests).toEqual([]);
  });
});

describe('a submission', () => {
  test.each([
    ['500 by AWS', aws(500, 'InternalFailure')],
    ['503 by AWS', aws(503, 'ServiceUnavailableException')],
    ['503 by AWS that throttles', aws(503, 'ThrottlingException')],
    ['500 by the API', api(500)],
    ['529 by the API', api(529)],
    ['a lost answer', (response: ServerResponse) => void response.socket?.destroy()],
  ])('is unclear after %s, and the call is made once', async (_, given) => {
    answer = given;
    expect(await batches.send([])).toMatchObject({ kind: 'unclear' });
    expect(requests).toHaveLength(1);
  });

  test.each([
    [429, 'ThrottlingException'],
    [429, 'TooManyRequestsException'],
    // the older protocols of AWS throttle with 400
    [400, 'ThrottlingException'],
    [400, 'RequestLimitExceeded'],
  ])('is for later after %i %s by AWS, and the call is made once', async (status, name) => {
    for (const format of FORMATS) {
      requests = [];
      answer = format(status, name, 'Rate exceeded');
      const sent = await batches.send([]);
      expect(sent).toMatchObject({ kind: 'later', why: expect.stringContaining(`${name}: Rate exceeded`) });
      expect(requests).toHaveLength(1);
    }
  });
});

describe('a refusal by AWS', () => {
  test.each([
    [403, 'ExpiredTokenException'],
    [400, 'ExpiredTokenException'],
    [403, 'ExpiredToken'],
    [403, 'UnrecognizedClientException'],
    [403, 'InvalidSignatureException'],
    [403, 'SignatureDoesNotMatch'],
    [403, 'MissingAuthenticationTokenException'],
    [401, 'NotAuthorized'],
  ])('with %i %s is one of the credentials, which may be renewed', async (status, name) => {
    for (const format of FORMATS) {
      answer = format(status, name, 'odd words');
      for (const call of [() => batches.send([]), () => batches.status('msgbatch_1'), () => batches.results('b')]) {
        const error = await trouble(call);
        expect(error).toBeInstanceOf(KeyRefused);
        expect(error.message).toMatch(new RegExp(`AWS refuses \\(HTTP ${status}.*${name}: odd words\\).*credentials`));
        expect(error.message).not.toMatch(/API key/);
      }
    }
  });

  test.each([
    [403, 'AccessDeniedException', /role may use the workspace.*subscribed.*enable-outbound-web-identity-federation/],
    [403, 'OptInRequired', /subscribed to Claude Platform on AWS/],
    [402, 'PaymentRequired', /AWS Marketplace/],
    [400, 'ValidationException', /workspace id.*AWS Marketplace/],
    [404, 'UnknownOperationException', /workspace id, its region/],
    [413, 'RequestEntityTooLargeException', /max_batch_size/],
  ])('with %i %s is a refusal of what was asked, and says what to check', async (status, name, says) => {
    for (const format of FORMATS) {
      answer = format(status, name, 'odd words');
      const error = await trouble(() => batches.send([]));
      expect(error.name).toBe('AnthropicRefused');
      expect(error.message).toMatch(says);
      expect(error.message).not.toMatch(/API key|ANTHROPIC_API_KEY/);
    }
  });

  test('that names no class is still one of AWS, and its message is shown', async () => {
    answer = json(403, { message: 'Outbound web identity federation is disabled for your account' });
    const error = await trouble(() => batches.send([]));
    expect(error.name).toBe('AnthropicRefused');
    expect(error.message).toMatch(/AWS refuses .*Outbound web identity federation is disabled.*aws iam enable-/);
  });

  test('says nothing of a batch that is watched: whoever waits decides when it counts', async () => {
    answer = aws(403, 'AccessDeniedException');
    const error = await trouble(() => batches.status('msgbatch_1'));
    expect(error).toBeInstanceOf(AnthropicUnavailable);
    expect((error as AnthropicUnavailable).refusal).toBeInstanceOf(AnthropicRefused);
  });

  test('is not shown with the request that it quotes, nor with the keys in it', async () => {
    const quoted = `The request signature does not match for ${WORKSPACE.credentials.accessKeyId}\n\nThe Canonical String was\nx-amz-security-token:${WORKSPACE.credentials.sessionToken}`;
    answer = aws(403, 'SignatureDoesNotMatch', quoted);
    const { message } = await trouble(() => batches.send([]));
    expect(message).toContain('does not match for (key)');
    expect(message).not.toMatch(/session-token-of|Canonical|EXAMPLE/);
  });

  test('by a page that is neither AWS’ nor the API’s names the address', async () => {
    answer = (response) => void response.writeHead(403, { 'content-type': 'text/html' }).end('<html></html>');
    expect((await trouble(() => batches.send([]))).message).toContain(`${url} refuses (HTTP 403`);
  });
});

describe('a refusal by the API behind the gateway', () => {
  test('is the same as with a key, but speaks of the workspace', async () => {
    answer = api(404);
    const error = (await trouble(() => batches.status('msgbatch_1'))) as AnthropicUnavailable;
    expect(error.refusal).toBeInstanceOf(BatchNotFound);
    expect(error.refusal?.message).toMatch(/workspace of this deployment.*deploy with the right workspaceId/);
    answer = api(401);
    expect(await trouble(() => batches.send([]))).toBeInstanceOf(KeyRefused);
    answer = api(404);
    expect(await batches.knowsModel('claude-nonesuch')).toBe(false);
  });
});

test('with a key, AWS’ format is that of a stranger on the way', async () => {
  const { anthropicClient } = await import('../../../lambdas/stores/anthropic.ts');
  answer = aws(403, 'ExpiredTokenException');
  const error = await trouble(() => anthropicBatches(anthropicClient({ apiKey: 'k', baseURL: url })).send([]));
  expect(error.name).toBe('AnthropicRefused');
  expect(error.message).toContain(`${url} refuses (HTTP 403`);
});

test('a batch is sent, watched, listed, read and cancelled in a workspace as anywhere', async () => {
  const standIn = await start({ apiKey: WORKSPACE, processing: { secondsPerBatch: 0 } });
  const there = anthropicBatches(await clientOf(standIn.url));
  const params = { model: 'claude-sonnet-5-5', max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }] };
  const sent = await there.send([{ custom_id: 'a', params }] as never);
  const id = sent.kind === 'sent' ? sent.batch.id : '';
  expect(await there.status(id)).toMatchObject({ id });
  expect((await there.createdSince('2020-01-01T00:00:00Z')).map((batch) => batch.id)).toEqual([id]);
  expect((await Array.fromAsync(await there.results(id))).length).toBeGreaterThan(0);
  expect(await there.cancel(id)).toBe('ended');
  expect(standIn.paidRequests()).toHaveLength(1);
});
