import { APIError } from '@anthropic-ai/sdk';
import type { Context } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { leaving, tellable } from '../../../lambdas/runtime/log.ts';
import { type Invocation, stepHandler } from '../../../lambdas/runtime/step-handler.ts';
import { AnthropicRefused, AnthropicUnavailable } from '../../../lambdas/shared/errors.ts';

const context = { getRemainingTimeInMillis: () => 60_000 } as Context;
const SECRET = 'The night bus must run on Sundays';

let lines: string[] = [];
beforeEach(() => {
  lines = [];
  const keep = (text: unknown) => lines.push(String(text)) > 0;
  vi.spyOn(process.stdout, 'write').mockImplementation(keep);
  vi.spyOn(process.stderr, 'write').mockImplementation(keep);
});
afterEach(() => vi.restoreAllMocks());

const parsed = () => lines.map((line) => JSON.parse(line));
const run = (step: (deps: Invocation) => void, input: unknown = { job_id: 'j1', execution: 'j1-v1' }) =>
  stepHandler(
    async (deps) => step(deps),
    async () => ({}),
  )(input, context);

describe('ids on every line', () => {
  test('are those the step was started with, and those it learns', async () => {
    await run(({ log }) => {
      log.info('first');
      log.ids({ report_id: 'r1', batch_id: 'b1' });
      log.warn('second', { lines: 3 });
      log.ids({ batch_id: undefined });
      log.error('third');
    });
    const [first, second, third] = parsed();
    expect(first).toMatchObject({ job_id: 'j1', execution: 'j1-v1', level: 'INFO', message: 'first' });
    expect(second).toMatchObject({ job_id: 'j1', report_id: 'r1', batch_id: 'b1', lines: 3 });
    expect(third).toMatchObject({ job_id: 'j1', report_id: 'r1', execution: 'j1-v1' });
    expect(third).not.toHaveProperty('batch_id');
  });

  test('are not those of the job before', async () => {
    await run(({ log }) => log.ids({ report_id: 'r1', batch_id: 'b1' }));
    await run(({ log }) => log.info('next'), { job_id: 'j2', report_id: 'r2', execution: 'j2-v1' });
    expect(parsed()).toMatchObject([{ job_id: 'j2', report_id: 'r2' }]);
    expect(parsed()[0]).not.toHaveProperty('batch_id');
  });
});

describe('an error', () => {
  const body = { error: { type: 'invalid_request_error', message: SECRET } };
  const apiError = APIError.generate(400, body, SECRET, new Headers({ 'x-note': SECRET }));

  test('of ours is logged with its message, its cause only by name and status', async () => {
    const error = new AnthropicRefused('the Anthropic API refuses (HTTP 400)', { cause: apiError });
    await expect(
      run(() => {
        throw error;
      }),
    ).rejects.toBe(error);
    expect(parsed()).toMatchObject([
      { error_name: 'AnthropicRefused', why: error.message, causes: 'BadRequestError 400', job_id: 'j1' },
    ]);
    expect(lines.join()).not.toContain(SECRET);
  });

  test.each([
    ['of the API client', apiError],
    [
      'of JSON.parse',
      (() => {
        try {
          return JSON.parse(SECRET);
        } catch (error) {
          return error;
        }
      })(),
    ],
    ['of a client that attaches its answer', Object.assign(new Error(SECRET), { response: { data: SECRET } })],
    ['that is not an Error object', SECRET],
  ])('%s is logged and thrown on with its name and place only', async (_, thrown) => {
    const left: Error = await run(() => {
      throw thrown;
    }).then(
      () => {
        throw new Error('should fail');
      },
      (error) => error,
    );
    expect(left.name).toBe(thrown instanceof Error ? thrown.name : 'Error');
    const asTheRuntimeLogsIt = JSON.stringify({ ...left, name: left.name, message: left.message, stack: left.stack });
    expect(asTheRuntimeLogsIt + lines.join()).not.toContain('night bus');
    expect(parsed()).toMatchObject([{ level: 'ERROR', message: 'step failed', job_id: 'j1' }]);
  });

  test('of the language keeps its message, and says where it was thrown', () => {
    const logged = tellable(new TypeError('row is not iterable'));
    expect(logged).toMatchObject({ error_name: 'TypeError', why: 'row is not iterable' });
    expect(logged.at?.[0]).toMatch(/^at .*log\.test\.ts/);
  });

  test('keeps the name that the state machine retries by', () => {
    const error = new AnthropicUnavailable('not now', { retryAfterSeconds: 3 });
    expect(leaving(error)).toBe(error);
    const throttled = Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException', $metadata: {} });
    expect(leaving(throttled)).toMatchObject({ name: 'ThrottlingException', message: 'Rate exceeded' });
  });
});
