import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DeleteTableCommand, DescribeTableCommand, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { serverJob } from '../../../lambdas/job/put.ts';
import { storedReports } from '../../../lambdas/stores/reports.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { SAMPLE } from '../../../local/sample.ts';
import { endGroup, startGroup } from '../../support/processes.ts';
import { allRows } from '../../support/readers.ts';
import { missingPart, type PolisParts, startPolis } from '../../support/worker/polis.ts';

const missing = missingPart();
if (missing && process.env.CI) throw new Error(`the worker's tests need ${missing}: install it`);
if (missing) console.log(`skipped: the worker's tests need ${missing}`);

/** Only a test that hangs comes to this. */
const HANGS = { timeout: 120_000, interval: 50 };
const BIN = fileURLToPath(new URL('../../../bin/narratives.js', import.meta.url));

type Line = { level: string; message: string } & Record<string, unknown>;

describe.skipIf(missing !== undefined)('narratives worker beside a Polis', () => {
  let polis: PolisParts;
  const started: { end: () => Promise<unknown> }[] = [];
  let jobs = 0;

  beforeAll(async () => {
    polis = await startPolis();
    const pool = new pg.Pool({ connectionString: polis.postgres.url });
    for (const nth of [2, 3, 4])
      await pool.query('INSERT INTO reports (report_id, zid) VALUES ($1, $2)', [`r${nth}more`, SAMPLE.zid]);
    await pool.end();
  });
  afterAll(async () => {
    for (const { end } of started) await end();
    await polis?.stop();
  });

  /** A worker in a process of its own. */
  function start(env: Record<string, string> = {}) {
    const child = startGroup(process.execPath, [BIN, 'worker'], {
      env: { PATH: process.env.PATH, ...polis.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const lines: Line[] = [];
    let errors = '';
    if (child.stdout) createInterface(child.stdout).on('line', (line) => void lines.push(JSON.parse(line) as Line));
    child.stderr?.on('data', (chunk: Buffer) => {
      errors += chunk;
    });
    started.push({ end: () => endGroup(child) });
    const said = (message: string) => lines.filter((line) => line.message === message);
    return {
      child,
      lines,
      said,
      errors: () => errors,
      async ready(): Promise<Line> {
        await vi.waitFor(() => expect(said('worker is ready'), errors).toHaveLength(1), HANGS);
        return said('worker is ready')[0] as Line;
      },
      async ended(signal?: NodeJS.Signals) {
        const gone = once(child, 'exit');
        if (signal) child.kill(signal);
        return (await gone)[0] as number | null;
      },
    };
  }

  /** A row as the server puts it. */
  async function putJob(report_id: string = SAMPLE.report_id): Promise<string> {
    const about = { report_id, conversation_id: String(SAMPLE.zid), model: 'claude-sonnet-5-5', no_cache: true };
    const row = serverJob(about, new Date(), String(jobs++).padStart(8, '0'));
    await polis.db.send(new PutCommand({ TableName: TABLE_NAMES.jobs, Item: row }));
    return row.job_id;
  }
  const rowsWithStatus = async (status: string) =>
    (await allRows(polis.db, TABLE_NAMES.jobs)).filter((row) => row.status === status).map(({ job_id }) => job_id);
  const completed = (jobId: string) =>
    vi.waitFor(async () => expect(await rowsWithStatus('COMPLETED')).toContain(jobId), HANGS);
  const batches = async () =>
    ((await (await fetch(polis.anthropic.control)).json()) as { batches: unknown[] }).batches.length;

  it('says what is missing and what to do, and ends with 1', async () => {
    const worker = start({
      DATABASE_URL: `${polis.env.DATABASE_URL}2`,
      MATH_ENV: 'nowhere',
      ANTHROPIC_API_KEY: 'wrong',
    });
    expect(await worker.ended()).toBe(1);
    expect(worker.errors()).toMatch(/^FAIL {2}database: .*DATABASE_URL$/m);
    expect(worker.errors()).toMatch(/^FAIL {2}Anthropic API: .*key/m);
  });

  it('makes its ledger, turns the stream on, and writes the report as the server reads it', async () => {
    const worker = start();
    const { health, metrics } = await worker.ready();
    expect(worker.said(`table ${TABLE_NAMES.ledger} did not exist: created`)).toHaveLength(1);
    expect(worker.said('the stream of the job table was off: turned on, with NEW_IMAGE')).toHaveLength(1);
    const jobId = await putJob();
    await completed(jobId);
    const rows = await storedReports(polis.db, TABLE_NAMES.reports, SAMPLE.report_id);
    expect(rows).toHaveLength(15);
    expect(rows.every((row) => row.job_id === jobId && row.errors === undefined)).toBe(true);
    expect(await (await fetch(String(health))).json()).toMatchObject({ ok: true, new_jobs_are_seen: 'by stream' });
    expect(await (await fetch(String(metrics))).text()).toContain('narratives_jobs_completed_total 1\n');
    expect(await worker.ended('SIGTERM')).toBe(0);
    expect(worker.said('stopped')).toHaveLength(1);
  });

  it('shares the tables with another worker: each job is run once', async () => {
    const before = await batches();
    const workers = [start(), start()];
    await Promise.all(workers.map((worker) => worker.ready()));
    const ids = await Promise.all(['r2more', 'r3more', 'r4more'].map((report) => putJob(report)));
    for (const id of ids) await completed(id);
    expect((await batches()) - before).toBe(3);
    const runs = workers.flatMap(({ lines }) => lines.filter(({ message }) => message === 'job planned'));
    expect(runs.map(({ job_id }) => job_id).sort()).toEqual([...ids].sort());
    await Promise.all(workers.map((worker) => worker.ended('SIGTERM')));
  });

  it('loses nothing when it is told to stop: the job continues at the next start', async () => {
    const before = await batches();
    await fetch(polis.anthropic.control, { method: 'PUT', body: '3600' });
    const first = start();
    await first.ready();
    const jobId = await putJob();
    await vi.waitFor(async () => expect(await batches()).toBe(before + 1), HANGS);
    expect(await first.ended('SIGTERM')).toBe(0);
    await fetch(polis.anthropic.control, { method: 'PUT', body: '0' });
    const second = start();
    await completed(jobId);
    expect(await batches()).toBe(before + 1);
    await second.ended('SIGTERM');
  });

  it('finds jobs by the index where there is no stream, and where it was turned off', async () => {
    const worker = start({ JOB_STREAM: 'off' });
    await polis.client.send(
      new UpdateTableCommand({ TableName: TABLE_NAMES.jobs, StreamSpecification: { StreamEnabled: false } }),
    );
    await worker.ready();
    await completed(await putJob());
    await worker.ended('SIGTERM');
  });

  it('continues when the job table is made anew', async () => {
    const worker = start();
    const { health } = await worker.ready();
    await polis.client.send(new DeleteTableCommand({ TableName: TABLE_NAMES.jobs }));
    await vi.waitFor(async () => expect((await fetch(String(health))).status).toBe(503), HANGS);
    await polis.makeTables();
    const jobId = await putJob();
    await completed(jobId);
    await vi.waitFor(async () => expect((await fetch(String(health))).status).toBe(200), HANGS);
    const { Table } = await polis.client.send(new DescribeTableCommand({ TableName: TABLE_NAMES.jobs }));
    expect(Table?.StreamSpecification?.StreamEnabled).toBe(true);
    await worker.ended('SIGTERM');
  });
});
