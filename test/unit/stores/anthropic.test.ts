import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AnthropicRefused, AnthropicUnavailable, BatchNotFound } from '../../../lambdas/shared/errors.ts';
import { anthropicBatches, type Batches } from '../../../lambdas/stores/anthropic.ts';

let answer: (response: ServerResponse) => void;
let batches: Batches;
let calls = 0;
const server = createServer((request, response) => {
  calls += 1;
  request.resume().on('end', () => answer(response));
});

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  batches = anthropicBatches(new Anthropic({ apiKey: 'key', baseURL }));
});
afterAll(() => server.close());

const json =
  (body: unknown, status = 200) =>
  (response: ServerResponse) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const page = (response: ServerResponse) =>
  void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>secret words</html>');
const cut = (response: ServerResponse) => {
  response
    .writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' })
    .write('{"id": "secret words');
  setImmediate(() => response.destroy());
};

const status = (id: string, created_at = '2026-11-22T10:00:00Z', change = {}) => ({
  id,
  processing_status: 'in_progress',
  request_counts: { processing: 2, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
  created_at,
  expires_at: '2026-11-23T10:00:00Z',
  ...change,
});

/** The error that a call ends with; it must not quote the answer. */
async function trouble(call: () => Promise<unknown>): Promise<Error> {
  const error = await call().then(
    () => new Error('expected an error, and there was none'),
    (thrown: Error) => thrown,
  );
  expect(error.message).not.toContain('secret');
  return error;
}

describe('an answer that cannot be read proves nothing', () => {
  test.each([
    ['a gateway’s page', page],
    ['a body that is cut off', cut],
    ['another shape', json({ hello: 1 })],
  ])('%s is trouble that may pass for status, list and model', async (_name, given) => {
    answer = given;
    for (const call of [
      () => batches.status('msgbatch_1'),
      () => batches.createdSince('2026-11-22T09:00:00Z'),
      () => batches.knowsModel('claude-sonnet-5-5'),
    ]) {
      expect(await trouble(call)).toBeInstanceOf(AnthropicUnavailable);
    }
  });

  test.each([
    ['a gateway’s page', page],
    ['a body that is cut off', cut],
    ['another shape', json({ hello: 1 })],
    ['500', json({ type: 'error', error: { type: 'api_error', message: 'x' } }, 500)],
  ])('%s leaves a submission unclear, and the call is made once', async (_name, given) => {
    answer = given;
    const before = calls;
    expect(await batches.send([])).toMatchObject({ kind: 'unclear' });
    expect(calls - before).toBe(1);
  });

  test.each(['created_at', 'expires_at'])(
    'a %s that is no time is trouble: a wait is worked out from it',
    async (key) => {
      answer = json(status('msgbatch_1', undefined, { [key]: '' }));
      expect(await trouble(() => batches.status('msgbatch_1'))).toBeInstanceOf(AnthropicUnavailable);
    },
  );
});

describe('the list of batches', () => {
  test('is read page by page, newest first, back to the moment asked for', async () => {
    const times = ['2026-11-22T10:03:00Z', '2026-11-22T10:02:00Z', '2026-11-22T10:01:00Z', '2026-11-22T08:00:00Z'];
    const all = times.map((time, index) => status(`b${index}`, time));
    let pages = 0;
    answer = (response) => {
      const data = all.slice(pages * 2, pages * 2 + 2);
      pages += 1;
      json({ data, has_more: pages < 5, first_id: null, last_id: null })(response);
    };
    const found = await batches.createdSince('2026-11-22T09:00:00Z');
    expect([found.map(({ id }) => id), pages]).toEqual([['b0', 'b1', 'b2'], 2]);
  });
});

describe('refusals', () => {
  const refusal = (code: number) => json({ type: 'error', error: { type: 'x', message: 'secret words' } }, code);

  test.each([400, 401, 402, 403, 413])('HTTP %i on a submission is a refusal', async (code) => {
    answer = refusal(code);
    expect(await trouble(() => batches.send([]))).toBeInstanceOf(AnthropicRefused);
  });

  test('429 on a submission is for later, as retry-after says', async () => {
    answer = (response) => {
      response.setHeader('retry-after', '33');
      refusal(429)(response);
    };
    expect(await batches.send([])).toMatchObject({ kind: 'later', retryAfterSeconds: 33 });
  });

  test('404 is BatchNotFound for a batch, and a model that is not known', async () => {
    answer = refusal(404);
    expect(await trouble(() => batches.status('msgbatch_1'))).toBeInstanceOf(BatchNotFound);
    expect(await batches.knowsModel('claude-nonesuch')).toBe(false);
  });
});

describe('cancelling a batch', () => {
  const refusal = (code: number) => json({ type: 'error', error: { type: 'x', message: 'secret words' } }, code);
  /** Answers the cancel so, and the status that may be asked for after it so. */
  const answers = (...given: ((response: ServerResponse) => void)[]) => {
    answer = (response) => (given.shift() ?? refusal(500))(response);
  };

  test('tells that it is under way, with one call', async () => {
    answers(json(status('msgbatch_1', undefined, { processing_status: 'canceling' })));
    const before = calls;
    expect(await batches.cancel('msgbatch_1')).toBe('cancelling');
    expect(calls - before).toBe(1);
  });

  test.each([400, 409])('HTTP %i for a batch that has ended is no error', async (code) => {
    const over = { processing_status: 'ended', ended_at: '2026-11-22T10:01:00Z' };
    answers(refusal(code), json(status('msgbatch_1', undefined, over)));
    expect(await batches.cancel('msgbatch_1')).toBe('ended');
  });

  test('HTTP 400 for a batch in progress is a refusal, and 409 may pass', async () => {
    answers(refusal(400), json(status('msgbatch_1')));
    expect(await trouble(() => batches.cancel('msgbatch_1'))).toBeInstanceOf(AnthropicRefused);
    answers(refusal(409), json(status('msgbatch_1')));
    expect(await trouble(() => batches.cancel('msgbatch_1'))).toBeInstanceOf(AnthropicUnavailable);
  });

  test('404 is BatchNotFound; 429, 500 and what cannot be read may pass', async () => {
    answers(refusal(404));
    expect(await trouble(() => batches.cancel('msgbatch_1'))).toBeInstanceOf(BatchNotFound);
    for (const given of [refusal(429), refusal(500), page, cut, json({ hello: 1 })]) {
      answers(given);
      expect(await trouble(() => batches.cancel('msgbatch_1'))).toBeInstanceOf(AnthropicUnavailable);
    }
  });
});
