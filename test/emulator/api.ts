import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SAMPLE } from '../../local/sample.ts';
import { putJob, readReport, rowAtEnd } from '../support/emulator/polis.ts';
import { apiAddress, asked, connect, holdBatches, releaseBatches, skipped } from '../support/emulator/system.ts';

describe.skipIf(skipped)('the deployed HTTP API', () => {
  const system = skipped ? (undefined as never) : connect();
  let address: string;
  let jobId: string;

  beforeAll(async () => {
    address = `${await apiAddress(system)}/api/v3/delphi`;
    jobId = await putJob(system);
    await rowAtEnd(system, jobId);
  });
  afterAll(() => releaseBatches(system));

  const post = async (body: object) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${address}/batchReports`, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };

  it('gives the newest run of a report as the Polis server does, and no zid', async () => {
    const answer = await fetch(`${address}/reports?report_id=${SAMPLE.report_id}`);
    const text = await answer.text();
    const body = JSON.parse(text);
    const { sections } = await readReport(system, SAMPLE.report_id);
    expect(answer.status).toBe(200);
    expect(body).toMatchObject({ status: 'success', request_report_id: SAMPLE.report_id, current_job_id: jobId });
    expect(body.available_runs[0]).toMatchObject({ job_id: jobId, sectionCount: sections.size, isCurrent: true });
    expect(Object.keys(body.reports).sort()).toEqual([...sections.keys()].sort());
    for (const [name, section] of sections) expect(JSON.parse(body.reports[name].report_data)).toEqual(section);
    expect(text).not.toContain(String(SAMPLE.zid));
  });

  it('gives the same report as one page', async () => {
    const answer = await fetch(`${address}/reports/${SAMPLE.report_id}/html`);
    const page = await answer.text();
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page).toContain(`<h1 dir="auto">${SAMPLE.report_name}</h1>`);
    expect(page).not.toContain(String(SAMPLE.zid));
  });

  it('starts one job for a report however often it is asked', async () => {
    const { batches } = await asked(system);
    await holdBatches(system);
    const request = { report_id: SAMPLE.report_id, model: 'claude-sonnet-5-5', no_cache: true };
    const [one, other] = await Promise.all([post(request), post(request)]);
    expect([one.status, other.status]).toEqual([200, 200]);
    expect(one.body).toMatchObject({ status: 'success', report_id: SAMPLE.report_id, job_id: other.body.job_id });
    expect([one, other].filter(({ body }) => body.deduplicated === true)).toHaveLength(1);
    await releaseBatches(system);
    expect(await rowAtEnd(system, String(one.body.job_id))).toMatchObject({ status: 'COMPLETED' });
    expect((await asked(system)).batches).toHaveLength(batches.length + 1);
  });

  it('refuses a report that the database does not know', async () => {
    const { status, body } = await post({ report_id: 'r0nobodyknowsthis', model: 'claude-sonnet-5-5' });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(body.status).not.toBe('success');
  });

  it('says 404 for a job to cancel that is not there, and 409 for one that has ended', async () => {
    const cancel = async (id: string) =>
      (await fetch(`${address}/batchReports/${id}/cancel`, { method: 'POST' })).status;
    expect([await cancel('nobody'), await cancel(jobId)]).toEqual([404, 409]);
  });
});
