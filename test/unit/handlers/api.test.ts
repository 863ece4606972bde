import { gunzipSync } from 'node:zlib';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { describe, expect, it, vi } from 'vitest';
import { type ApiRequest, httpHandler } from '../../../lambdas/api/http.ts';
import { answerReports } from '../../../lambdas/api/reports.ts';
import type { StoredReport } from '../../../lambdas/report/public.ts';
import { memoryLog, REPORT, reportRow } from '../../support/make.ts';

const { log, lines } = memoryLog();
const event = (changes: Partial<APIGatewayProxyEventV2>) =>
  ({ version: '2.0', headers: {}, isBase64Encoded: false, ...changes }) as APIGatewayProxyEventV2;

/** What a route is given for an event. */
async function requestOf(changes: Partial<APIGatewayProxyEventV2>): Promise<ApiRequest> {
  let seen: ApiRequest | undefined;
  const handle = httpHandler(log, async () => async (request) => {
    seen = request;
    return { status: 200, body: {} };
  });
  await handle(event(changes));
  return seen as ApiRequest;
}

describe('the handler of an HTTP API event', () => {
  it('passes query and body on, also when there is no query or body', async () => {
    expect(await requestOf({})).toEqual({ query: {}, body: '' });
    expect(await requestOf({ queryStringParameters: { report_id: 'r1' }, body: '{"a":"ä"}' })).toEqual({
      query: { report_id: 'r1' },
      body: '{"a":"ä"}',
    });
  });

  it('passes path parameters on', async () => {
    expect(await requestOf({ pathParameters: { job_id: 'a b' } })).toMatchObject({ params: { job_id: 'a b' } });
  });

  it('decodes a body that came in base64', async () => {
    const body = Buffer.from('{"a":"ä"}').toString('base64');
    expect((await requestOf({ body, isBase64Encoded: true })).body).toBe('{"a":"ä"}');
  });

  it('answers JSON that no cache keeps, and allows no other site', async () => {
    const answer = await httpHandler(log, async () => async () => ({ status: 404, body: { status: 'error' } }))(
      event({}),
    );
    expect(answer).toEqual({
      statusCode: 404,
      headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
      body: '{"status":"error"}',
    });
  });

  it('answers 500 when it is not set up, and does not tell callers what is missing', async () => {
    vi.stubEnv('REPORTS_TABLE', undefined);
    const outputs = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockReturnValue(true));
    const { handler } = await import('../../../lambdas/handlers/api-reports.ts');
    const answer = await handler(event({ queryStringParameters: { report_id: REPORT } }));
    vi.unstubAllEnvs();
    for (const output of outputs) output.mockRestore();
    expect(answer).toMatchObject({ statusCode: 500 });
    expect(answer.body).not.toContain('REPORTS_TABLE');
  });
});

/** 60 KB of text that compresses badly, as narratives in many languages do. */
const long = (seed: number) =>
  Array.from({ length: 6_000 }, (_, at) => ((seed * 7_919 + at * 104_729) % 2_147_483_647).toString(36)).join(' ');
const sections = (count: number, text: (at: number) => string): StoredReport[] =>
  Array.from({ length: count }, (_, at) =>
    reportRow({ section: `s${at}`, report_data: JSON.stringify({ id: `s${at}`, title: text(at), paragraphs: [] }) }),
  );
const served = (rows: StoredReport[], headers: Record<string, string>, section?: string) =>
  httpHandler(
    log,
    async () => (request) => answerReports({ storedReports: async () => rows, log }, request),
  )(event({ headers, queryStringParameters: { report_id: REPORT, ...(section ? { section } : {}) } }));
const GZIP = { 'accept-encoding': 'br;q=1.0, gzip;q=0.8' };
/** Lambda's own limit. */
const SIX_MB = 6 * 1024 * 1024;

describe('a report that is large', () => {
  const rows = sections(160, long);

  it('is compressed for a caller who accepts gzip, and is whole when unpacked', async () => {
    const answer = await served(rows, GZIP);
    expect(answer).toMatchObject({ statusCode: 200, isBase64Encoded: true, headers: { 'content-encoding': 'gzip' } });
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(SIX_MB);
    const body = JSON.parse(gunzipSync(Buffer.from(String(answer.body), 'base64')).toString());
    expect(Object.keys(body.reports)).toHaveLength(160);
    expect(body.reports.s7.report_data).toBe(rows[7]?.report_data);
  });

  it.each([[{}], [{ 'accept-encoding': 'identity' }], [{ 'accept-encoding': 'gzip;q=0' }]])(
    'is a 413 that says how to ask, for a caller who sends %j',
    async (headers) => {
      const answer = await served(rows, headers as Record<string, string>);
      expect(answer.statusCode).toBe(413);
      expect(JSON.parse(String(answer.body))).toEqual({
        status: 'error',
        message: expect.stringMatching(/by section.*gzip/),
      });
      const one = await served(rows, headers as Record<string, string>, 's7');
      expect(JSON.parse(String(one.body)).reports.s7.report_data).toBe(rows[7]?.report_data);
    },
  );

  it('is a 413 when it is too large even packed', async () => {
    expect(await served(sections(400, long), GZIP)).toMatchObject({ statusCode: 413 });
  });

  it('is sent uncompressed when it is small', async () => {
    const answer = await served(
      sections(3, () => 'short'),
      GZIP,
    );
    expect(answer.isBase64Encoded).toBeUndefined();
    expect(Object.keys(JSON.parse(String(answer.body)).reports)).toHaveLength(3);
  });
});

it('logs ids and counts of what was read', () => {
  expect(lines.filter(({ message }) => message === 'report read').at(-1)?.fields).toMatchObject({
    report_id: REPORT,
    sections: expect.any(Number),
  });
});
