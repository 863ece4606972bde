import { DeleteTableCommand, DescribeTableCommand, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { storedReports } from '../../../lambdas/stores/reports.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { SAMPLE } from '../../../local/sample.ts';
import { HANGS } from '../../support/hangs.ts';
import { lacksParts, type WorkersBeside, workersBeside } from '../../support/worker/command.ts';
import { type PolisParts, startPolis } from '../../support/worker/polis.ts';

describe.skipIf(lacksParts())('narratives worker beside a Polis', () => {
  let polis: PolisParts;
  let workers: WorkersBeside;

  beforeAll(async () => {
    polis = await startPolis();
    workers = workersBeside(polis);
    const pool = new pg.Pool({ connectionString: polis.postgres.url });
    for (const nth of [2, 3, 4])
      await pool.query('INSERT INTO reports (report_id, zid) VALUES ($1, $2)', [`r${nth}more`, SAMPLE.zid]);
    await pool.end();
  });
  afterAll(async () => {
    await workers?.end();
    await polis?.stop();
  });

  it('says what is missing and what to do, and ends with 1', async () => {
    const worker = workers.start({
      DATABASE_URL: `${polis.env.DATABASE_URL}2`,
      MATH_ENV: 'nowhere',
      ANTHROPIC_API_KEY: 'wrong',
    });
    expect(await worker.ended()).toBe(1);
    expect(worker.errors()).toMatch(/^FAIL {2}database: .*DATABASE_URL$/m);
    expect(worker.errors()).toMatch(/^FAIL {2}Anthropic API: .*key/m);
  });

  it('makes its ledger, turns the stream on, and writes the report as the server reads it', async () => {
    const worker = workers.start();
    const { health, metrics, page } = await worker.ready();
    expect(worker.said(`table ${TABLE_NAMES.ledger} did not exist: created`)).toHaveLength(1);
    expect(worker.said('the stream of the job table was off: turned on, with NEW_IMAGE')).toHaveLength(1);
    const jobId = await workers.putJob();
    await workers.completed(jobId);
    const rows = await storedReports(polis.db, TABLE_NAMES.reports, SAMPLE.report_id);
    expect(rows).toHaveLength(15);
    expect(rows.every((row) => row.job_id === jobId && row.errors === undefined)).toBe(true);
    expect(await (await fetch(String(health))).json()).toMatchObject({ ok: true, new_jobs_are_seen: 'by stream' });
    expect(await (await fetch(String(metrics))).text()).toContain('narratives_jobs_completed_total 1\n');
    const shown = async (path: string) => (await fetch(new URL(path, String(page)))).text();
    expect(await shown('/')).toContain(jobId);
    const html = await shown(`/api/v3/delphi/reports/${SAMPLE.report_id}/html?job_id=${jobId}`);
    expect(html).toContain('How far you can trust this report');
    expect(html).toContain('What speaks for each group is in the report');
    expect(await worker.ended('SIGTERM')).toBe(0);
    expect(worker.said('stopped')).toHaveLength(1);
  });

  it('shares the tables with another worker: each job is run once', async () => {
    const before = await workers.batches();
    const both = [workers.start(), workers.start()];
    await Promise.all(both.map((worker) => worker.ready()));
    const ids = await Promise.all(['r2more', 'r3more', 'r4more'].map((report) => workers.putJob(report)));
    for (const id of ids) await workers.completed(id);
    expect((await workers.batches()) - before).toBe(3);
    const runs = both.flatMap(({ lines }) => lines.filter(({ message }) => message === 'job planned'));
    expect(runs.map(({ job_id }) => job_id).sort()).toEqual([...ids].sort());
    await Promise.all(both.map((worker) => worker.ended('SIGTERM')));
  });

  it('loses nothing when it is told to stop: the job continues at the next start', async () => {
    const before = await workers.batches();
    await workers.setBatchSeconds(3_600);
    const first = workers.start();
    await first.ready();
    const jobId = await workers.putJob();
    await vi.waitFor(async () => expect(await workers.batches()).toBe(before + 1), HANGS);
    expect(await first.ended('SIGTERM')).toBe(0);
    await workers.setBatchSeconds(0);
    const second = workers.start();
    await workers.completed(jobId);
    expect(await workers.batches()).toBe(before + 1);
    await second.ended('SIGTERM');
  });

  it('finds jobs by the index where there is no stream, and where it was turned off', async () => {
    const worker = workers.start({ JOB_STREAM: 'off' });
    await polis.client.send(
      new UpdateTableCommand({ TableName: TABLE_NAMES.jobs, StreamSpecification: { StreamEnabled: false } }),
    );
    await worker.ready();
    await workers.completed(await workers.putJob());
    await worker.ended('SIGTERM');
  });

  it('turns the stream on again when somebody turns it off, and finds jobs by the index until then', async () => {
    const worker = workers.start();
    const { health } = await worker.ready();
    const seen = async () =>
      ((await (await fetch(String(health))).json()) as Record<string, unknown>).new_jobs_are_seen;
    expect(await seen()).toBe('by stream');
    await polis.client.send(
      new UpdateTableCommand({ TableName: TABLE_NAMES.jobs, StreamSpecification: { StreamEnabled: false } }),
    );
    await workers.completed(await workers.putJob());
    await vi.waitFor(async () => expect(await seen()).toBe('by stream'), HANGS);
    await workers.completed(await workers.putJob());
    await worker.ended('SIGTERM');
  });

  it('continues when the job table is made anew', async () => {
    const worker = workers.start();
    const { health } = await worker.ready();
    await polis.client.send(new DeleteTableCommand({ TableName: TABLE_NAMES.jobs }));
    await vi.waitFor(async () => expect((await fetch(String(health))).status).toBe(503), HANGS);
    await polis.makeTables();
    const jobId = await workers.putJob();
    await workers.completed(jobId);
    await vi.waitFor(async () => expect((await fetch(String(health))).status).toBe(200), HANGS);
    const { Table } = await polis.client.send(new DescribeTableCommand({ TableName: TABLE_NAMES.jobs }));
    expect(Table?.StreamSpecification?.StreamEnabled).toBe(true);
    await worker.ended('SIGTERM');
  });
});
