import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AnthropicRefused, AnthropicUnavailable, BatchNotFound, KeyRefused } from '../../../lambdas/shared/errors.ts';
import { anthropicBatches, anthropicClient, type Batches } from '../../../lambdas/stores/anthropic.ts';

const KEY = 'sk-ant-own-secret-word';
let answer: (response: ServerResponse) => void;
let batches: Batches;
let baseURL: string;
let calls = 0;
const server = createServer((request, response) => {
  calls += 1;
  request.resume().on('end', () => answer(response));
});

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  batches = anthropicBatches(new Anthropic({ apiKey: KEY, baseURL }));
});
afterAll(() => server.close());

const json =
  (body: unknown, status = 200) =>
  (response: ServerResponse) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const page = (response: ServerResponse) =>
  void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>secret-word</html>');
const gatewayPage = (response: ServerResponse) =>
  void response.writeHead(404, { 'content-type': 'text/html' }).end('<html>secret-word</html>');
const cut = (response: ServerResponse) => {
  response
    .writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' })
    .write('{"id": "secret-word');
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
  expect(error.message).not.toContain('secret-word');
  return error;
}

/** An error as the API gives it. */
const refusal = (code: number, message = 'odd words', type = 'some_error') =>
  json({ type: 'error', error: { type, message }, request_id: 'req_1' }, code);

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
  test.each([400, 402, 403, 404, 405, 413, 414, 415, 422])('HTTP %i on a submission is a refusal', async (code) => {
    answer = refusal(code);
    const error = await trouble(() => batches.send([]));
    expect([error.constructor, error.name]).toEqual([AnthropicRefused, 'AnthropicRefused']);
  });

  test('HTTP 401 is a refusal of the key', async () => {
    answer = refusal(401);
    const error = await trouble(() => batches.send([]));
    expect(error).toBeInstanceOf(KeyRefused);
    expect(error.message).toMatch(/HTTP 401, .*some_error: odd words.*the API key is wrong/);
  });

  test.each([304, 408, 409, 418, 423, 425, 451, 499, 500, 502, 503, 504, 520, 529])(
    'HTTP %i proves nothing: a submission is unclear, and a status may pass',
    async (code) => {
      answer = refusal(code);
      expect(await batches.send([])).toMatchObject({ kind: 'unclear' });
      expect(await trouble(() => batches.status('msgbatch_1'))).toMatchObject({
        name: 'AnthropicUnavailable',
        refusal: undefined,
      });
    },
  );

  test('429 on a submission is for later, as retry-after says, and the limit is named', async () => {
    answer = (response) => {
      response.setHeader('retry-after', '33');
      refusal(429, 'over the limit of your organization', 'rate_limit_error')(response);
    };
    expect(await batches.send([])).toMatchObject({
      kind: 'later',
      retryAfterSeconds: 33,
      why: expect.stringMatching(/rate_limit_error: over the limit of your organization.*spend limit has to be raised/),
    });
  });

  test.each([
    [400, 'Your credit balance is too low', /credit left\?.*limits of the account.*report it/],
    [402, 'x', /check billing/],
    [403, 'x', /workspace and permissions.*region/],
    [413, 'x', /lower max_batch_size/],
  ])('HTTP %i shows what the API says, and what it may be', async (code, message, says) => {
    answer = refusal(code, message, 'invalid_request_error');
    const error = await trouble(() => batches.send([]));
    expect(error.message).toContain(`HTTP ${code}, request unknown, invalid_request_error: ${message}`);
    expect(error.message).toMatch(says);
  });

  test('the key is not in what is shown, though the API quotes it', async () => {
    answer = refusal(401, `the key ${KEY} is not valid`);
    expect((await trouble(() => batches.send([]))).message).toContain('the key (key) is not valid');
  });

  test('404 for a model is one that is not known', async () => {
    answer = refusal(404, 'model: claude-nonesuch', 'not_found_error');
    expect(await batches.knowsModel('claude-nonesuch')).toBe(false);
  });
});

describe('a batch that is not found', () => {
  const calls = [
    ['its status', () => batches.status('msgbatch_1')],
    ['its results', () => batches.results('msgbatch_1')],
  ] as const;

  test.each(calls)('may exist: %s may be found later, and what a 404 is then goes with it', async (_, call) => {
    answer = refusal(404, 'Not found', 'not_found_error');
    const error = await trouble(call);
    expect(error).toBeInstanceOf(AnthropicUnavailable);
    const { refusal: later } = error as AnthropicUnavailable;
    expect(later).toBeInstanceOf(BatchNotFound);
    expect(later?.message).toMatch(
      /batch msgbatch_1 .*not_found_error: Not found.*look it up in the Anthropic console.*narratives redrive JOB_ID.*not paid for again.*Only if the batch was deleted, submit a new job/,
    );
  });

  test.each(calls)('by a gateway says nothing of it: for %s the address is named', async (_, call) => {
    for (const given of [gatewayPage, json({ message: 'Not Found' }, 404), json({ error: { type: 5 } }, 404)]) {
      answer = given;
      const error = await trouble(call);
      expect(error).toBeInstanceOf(AnthropicUnavailable);
      const { refusal: later } = error as AnthropicUnavailable;
      expect(later?.name).toBe('AnthropicRefused');
      expect(later?.message).toContain(`${baseURL} refuses (HTTP 404`);
      expect(later?.message).not.toMatch(/batch|model/);
    }
  });

  test('by a gateway is no unknown model', async () => {
    answer = gatewayPage;
    const error = await trouble(() => batches.knowsModel('claude-sonnet-5-5'));
    expect(error).toBeInstanceOf(AnthropicRefused);
    expect(error.message).toMatch(/ANTHROPIC_BASE_URL/);
    expect(error.message).not.toMatch(/model/);
  });

  test.each([400, 401, 403])('HTTP %i by the API is a refusal while a batch is watched', async (code) => {
    answer = refusal(code);
    expect(await trouble(() => batches.status('msgbatch_1'))).toBeInstanceOf(AnthropicRefused);
  });
});

describe('results', () => {
  const read = async () => {
    for await (const _ of await batches.results('msgbatch_1'));
  };

  test.each([
    ['that are cut off', cut],
    [
      'whose connection is reset in the middle',
      (response: ServerResponse) => {
        response.writeHead(200).write('{"custom_id": "secret-word"}\n');
        setImmediate(() => (response.socket as Socket).resetAndDestroy());
      },
    ],
    [
      'that end before their last chunk',
      (response: ServerResponse) => {
        response.writeHead(200, { 'transfer-encoding': 'chunked' }).write('{"custom_id": "secret-word"}\n');
        setImmediate(() => response.socket?.end());
      },
    ],
  ])('%s may be read later', async (_, given) => {
    answer = given;
    expect(await trouble(read)).toBeInstanceOf(AnthropicUnavailable);
  });

  test('are the reader’s to fail on', async () => {
    answer = (response) => void response.writeHead(200).end('{"custom_id": "a"}\n');
    const fault = new TypeError('a fault of the reader');
    const failing = async () => {
      for await (const _ of await batches.results('msgbatch_1')) throw fault;
    };
    expect(await trouble(failing)).toBe(fault);
  });
});

test('a connection that is refused or reset may pass', async () => {
  const gone = anthropicBatches(anthropicClient({ apiKey: KEY, baseURL: 'http://127.0.0.1:1' }));
  expect(await trouble(() => gone.status('msgbatch_1'))).toBeInstanceOf(AnthropicUnavailable);
  answer = (response) => void response.socket?.destroy();
  expect(await trouble(() => batches.status('msgbatch_1'))).toBeInstanceOf(AnthropicUnavailable);
  expect(await batches.send([])).toMatchObject({ kind: 'unclear' });
});

describe('cancelling a batch', () => {
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
