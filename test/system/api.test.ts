import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PutJobAnswer } from '../../lambdas/job/put.ts';
import type { ReportsAnswer } from '../../lambdas/report/public.ts';
import type { ConversationData } from '../../local/conversation.ts';
import { loadPostgres, loadTopics } from '../../local/embedded/polis.ts';
import { embeddedApp, type LocalServer, listen, newChanges, type Served } from '../../local/serve.ts';
import { SECRET_ZID } from '../support/make.ts';
import { freePort } from '../support/processes.ts';
import { useWorld } from '../support/use-world.ts';

const world = useWorld();
let api: LocalServer;
const REPORT = 'rhidden4kq2';
const put: string[] = [];
let busy: string | undefined;
const served: Served = {
  maySpend: true,
  busy: () => busy,
  onJob: ({ job_id }) => void put.push(job_id),
  loaded: [],
  changes: newChanges(),
};
const openApp = (change: Partial<Served> = {}) =>
  embeddedApp({ db: world.db, world: world.deps }, true, { ...served, ...change });

/** The sample as another conversation, whose number can occur in an answer only by leaking. */
function renumbered(data: ConversationData): ConversationData {
  const conversation_id = String(SECRET_ZID);
  return {
    ...data,
    conversation: { ...data.conversation, zid: SECRET_ZID },
    report: { ...data.report, rid: data.report.rid + 1, report_id: REPORT },
    topicNames: data.topicNames.map((row) => ({ ...row, conversation_id })),
    clusterAssignments: data.clusterAssignments.map((row) => ({ ...row, conversation_id })),
    keywords: data.keywords.map((row) => ({ ...row, conversation_id })),
  };
}

beforeAll(async () => {
  const data = renumbered(world.data);
  await loadPostgres(world.pool, data);
  await loadTopics(world.db, data);
  api = await listen(await freePort());
});
afterAll(() => api?.close());

const get = (query: string) => fetch(`${api.url}/api/v3/delphi/reports?${query}`);
const post = (body: unknown, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
  fetch(`${api.url}/api/v3/delphi/batchReports`, { method: 'POST', headers, body: JSON.stringify(body) });

describe('the HTTP API on this machine', () => {
  it('says to come again until it has something to answer from', async () => {
    const seen = async () => {
      const answer = await get(`report_id=${REPORT}`);
      return { status: answer.status, retry: answer.headers.get('retry-after') };
    };
    expect(await seen()).toEqual({ status: 503, retry: '2' });
    busy = 'the report is still being written';
    api.open(openApp());
    expect(await seen()).toEqual({ status: 503, retry: '2' });
    busy = undefined;
    expect((await get(`report_id=${REPORT}`)).status).toBe(200);
  });

  it('turns a POST into a job whose report a GET gives', async () => {
    const posted = await (await post({ report_id: REPORT, max_batch_size: 100 })).text();
    const job = JSON.parse(posted) as PutJobAnswer;
    expect(job).toMatchObject({ status: 'success', report_id: REPORT, deduplicated: false });
    expect(put).toEqual([job.job_id]);
    await world.settle();
    expect((await world.deps.jobs.get(job.job_id))?.conversation_id).toBe(String(SECRET_ZID));
    const text = await (await get(`report_id=${REPORT}`)).text();
    const answer = JSON.parse(text) as ReportsAnswer;
    expect(answer).toMatchObject({ status: 'success', request_report_id: REPORT, current_job_id: job.job_id });
    expect(Object.keys(answer.reports)).toHaveLength(15);
    expect(answer.reports.batch_re_global_groups?.metadata).toMatchObject({ section_kind: 'groups', simulated: true });
    expect(posted + text).not.toContain(String(SECRET_ZID));
  });

  it('gives one section of one run by its names', async () => {
    const { job_id: second } = (await (await post({ report_id: REPORT })).json()) as PutJobAnswer;
    await world.settle();
    const [first] = put;
    const answer = (await (
      await get(`report_id=${REPORT}&job_id=${first}&section=batch_re_global_groups`)
    ).json()) as ReportsAnswer;
    expect(Object.values(answer.reports)).toMatchObject([{ section: 'batch_re_global_groups', job_id: first }]);
    expect(answer.available_runs.map(({ job_id, isCurrent }) => ({ job_id, isCurrent }))).toEqual([
      { job_id: second, isCurrent: false },
      { job_id: first, isCurrent: true },
    ]);
  });

  it('starts one execution, and sends one batch, for requests that race', async () => {
    const before = { put: put.length, batches: world.standIn.batches().length };
    const race = Array.from(
      { length: 20 },
      async () => (await post({ report_id: REPORT, no_cache: true })).json() as Promise<PutJobAnswer>,
    );
    expect(new Set((await Promise.all(race)).map(({ job_id }) => job_id)).size).toBe(1);
    await world.settle();
    expect({ put: put.length, batches: world.standIn.batches().length }).toEqual({
      put: before.put + 1,
      batches: before.batches + 1,
    });
  });

  it('lets no request start a paid job unless that was allowed', async () => {
    const before = put.length;
    const answer = await openApp({ maySpend: false }).request('/api/v3/delphi/batchReports', {
      method: 'POST',
      headers: { host: 'localhost', 'content-type': 'application/json' },
      body: JSON.stringify({ report_id: REPORT }),
    });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ message: expect.stringContaining('--yes') });
    expect(put).toHaveLength(before);
  });

  it('cancels a job by its id, once', async () => {
    const { job_id } = (await (await post({ report_id: REPORT, no_cache: true })).json()) as PutJobAnswer;
    const cancel = (id: string) =>
      fetch(`${api.url}/api/v3/delphi/batchReports/${encodeURIComponent(id)}/cancel`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
      });
    const answer = await cancel(job_id);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ status: 'success', job_id, job_status: 'CANCELLED', was: 'PENDING' });
    await world.settle();
    expect(await world.deps.jobs.get(job_id)).toMatchObject({ status: 'FAILED', process_exit_confirmed: true });
    expect((await cancel(job_id)).status).toBe(409);
    expect((await cancel('no/such job')).status).toBe(404);
  });

  it('refuses what a page of another site could send without being asked', async () => {
    expect((await post({ report_id: REPORT }, { 'content-type': 'text/plain' })).status).toBe(415);
    const preflight = await fetch(`${api.url}/api/v3/delphi/batchReports`, { method: 'OPTIONS' });
    expect(preflight.status).toBe(405);
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
  });

  it.each([
    ['GET', '/api/v3/delphi/batchReports', 405],
    ['POST', '/api/v3/delphi/reports', 405],
    ['GET', '/api/v3/delphi/batchReports/job/cancel', 405],
    ['POST', '/api/v3/delphi/batchReports/job/cancel', 415],
    ['POST', '/api/v3/delphi/batchReports//cancel', 404],
    ['POST', '/api/v3/delphi/batchReports/%ZZ/cancel', 404],
    ['POST', '/api/v3/delphi/batchReports/job/cancel/more', 404],
    ['GET', '/api/v3/delphi', 404],
    ['GET', '/api/v3/delphi/reports', 400],
    ['GET', '/api/v3/delphi/reports?report_id=r1&report_id=r2', 400],
  ])('answers %s %s with %i and a line that helps', async (method, path, status) => {
    const answer = await fetch(`${api.url}${path}`, { method });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({ status: 'error', message: expect.stringMatching(/\S{3,}/) });
  });

  it('refuses a body larger than any request', async () => {
    expect((await post({ report_id: REPORT, more: 'x'.repeat(2_000_000) })).status).toBe(413);
  });
});
