import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerBatchReports } from '../../../lambdas/api/batch-reports.ts';
import { answered } from '../../../lambdas/api/http.ts';
import { StoreUnavailable } from '../../../lambdas/shared/errors.ts';
import { MODEL, startGuarded, ZID } from '../../support/guarded.ts';

let world: Awaited<ReturnType<typeof startGuarded>>;
beforeAll(async () => {
  world = await startGuarded();
});
afterAll(() => world?.stop());

const post = (body: unknown) =>
  answerBatchReports(world.deps, { query: {}, body: typeof body === 'string' ? body : JSON.stringify(body) });

describe('POST /api/v3/delphi/batchReports', () => {
  it('puts a job and answers as the Polis server does, without the conversation’s number', async () => {
    const { status, body } = await post({ report_id: 'rposted1', max_batch_size: 5, no_cache: true });
    const [row] = await world.jobsOf('rposted1');
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        status: 'success',
        message: expect.any(String),
        report_id: 'rposted1',
        job_id: row?.job_id,
        batch_id: row?.job_id,
        model: MODEL,
        deduplicated: false,
      },
    });
    expect(row).toMatchObject({ status: 'PENDING', conversation_id: String(ZID) });
    expect(JSON.parse(String(row?.job_config)).stages[0].config).toMatchObject({ max_batch_size: 5, no_cache: true });
    expect(JSON.stringify(body)).not.toContain(String(ZID));
  });

  it('answers a second request with the job that is under way', async () => {
    const first = await post({ report_id: 'rposted2', model: 'claude-haiku-5-5' });
    const second = await post({ report_id: 'rposted2' });
    expect(second).toEqual({
      status: 200,
      body: { ...(first.body as object), message: expect.any(String), model: 'claude-haiku-5-5', deduplicated: true },
    });
  });

  it('ignores fields it does not know, and takes null for absent', async () => {
    const { status, body } = await post({
      report_id: 'rposted3',
      conversation_id: '1',
      model: null,
      max_batch_size: null,
      no_cache: null,
      include_moderation: null,
      idempotency_key: null,
      more: { of: 'it' },
    });
    expect({ status, body }).toMatchObject({ status: 200, body: { model: MODEL } });
    expect((await world.jobsOf('rposted3'))[0]?.conversation_id).toBe(String(ZID));
  });

  it.each([
    ['report_id', {}],
    ['report_id', { report_id: '' }],
    ['report_id', { report_id: 7 }],
    ['report_id', { report_id: 'r#1' }],
    ['model', { report_id: 'r1', model: '' }],
    ['model', { report_id: 'r1', model: 'claude#5' }],
    ['model', { report_id: 'r1', model: 5 }],
    ['max_batch_size', { report_id: 'r1', max_batch_size: 0 }],
    ['max_batch_size', { report_id: 'r1', max_batch_size: 2.5 }],
    ['max_batch_size', { report_id: 'r1', max_batch_size: '20' }],
    ['max_batch_size', { report_id: 'r1', max_batch_size: 100_001 }],
    ['no_cache', { report_id: 'r1', no_cache: 'yes' }],
    ['include_moderation', { report_id: 'r1', include_moderation: 1 }],
    ['idempotency_key', { report_id: 'r1', idempotency_key: '' }],
    ['idempotency_key', { report_id: 'r1', idempotency_key: 'k'.repeat(257) }],
  ])('refuses with 400, naming %s: %j', async (field, body) => {
    const answer = await post(body);
    expect(answer).toMatchObject({ status: 400, body: { status: 'error' } });
    expect(answer.body).toMatchObject({ message: expect.stringMatching(new RegExp(`^${field}: must `)) });
    expect(await world.jobsOf('r1')).toEqual([]);
  });

  it.each([
    ['', /must be JSON/],
    ['{"report_id":', /must be JSON/],
    ['[]', /must be a JSON object/],
    ['"r1"', /must be a JSON object/],
    ['null', /must be a JSON object/],
  ])('refuses the body %j with 400', async (body, message) => {
    expect(await post(body)).toMatchObject({
      status: 400,
      body: { status: 'error', message: expect.stringMatching(message) },
    });
  });

  it('refuses a body larger than any request', async () => {
    expect(await post({ report_id: 'r1', more: 'x'.repeat(70_000) })).toMatchObject({ status: 413 });
  });

  it('answers 404 for a report that does not exist', async () => {
    expect(await post({ report_id: 'runknown7' })).toEqual({
      status: 404,
      body: { status: 'error', message: expect.stringContaining('runknown7') },
      headers: {},
    });
  });

  it('answers 503 with retry-after when PostgreSQL is away', async () => {
    const report = () => Promise.reject(new StoreUnavailable('PostgreSQL could not read reports (ECONNREFUSED)'));
    const request = { query: {}, body: '{"report_id":"r1"}' };
    const answer = await answered(world.deps.log, () =>
      answerBatchReports({ ...world.deps, conversations: { report } }, request),
    );
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': expect.stringMatching(/^\d+$/) } });
    expect(JSON.stringify(answer)).not.toMatch(/PostgreSQL|ECONN/);
  });
});
