import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { BatchWriteCommand, GetCommand } from '@aws-sdk/lib-dynamodb';
import pg from 'pg';
import { serverJob } from '../../lambdas/job/put.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { missingPart, type PolisParts, startPolis } from '../../test/support/worker/polis.ts';
import { bundleCommand } from '../../tools/package.ts';
import { atMost, type Line, median, spread } from '../command-line.ts';

const JOBS = 20;
const IDLE_SECONDS = 30;
/** Until what starting has left behind is collected. */
const SETTLE_SECONDS = 15;
const MAX_START_MS = 2_000;
const MAX_IDLE_MIB = 150;
const MAX_IDLE_PERCENT = 1;

/**
 * The worker as it is installed: how long it takes to start, what it uses while it waits, and 20 jobs at once.
 * @param runs how often it is started
 * @throws Error when PostgreSQL or PgBouncer is missing
 */
export async function benchWorker(runs: number, onEnd: (remove: () => void | Promise<void>) => void): Promise<Line[]> {
  const missing = missingPart();
  if (missing) throw new Error(`this part needs ${missing}: install it`);
  const folder = mkdtempSync(join(tmpdir(), 'narratives-worker-'));
  onEnd(() => rmSync(folder, { recursive: true, force: true }));
  await bundleCommand(folder);
  const polis = await startPolis();
  onEnd(() => polis.stop());
  const starts: number[] = [];
  for (let run = 0; run <= runs; run++) {
    const worker = await startWorker(folder, polis);
    // the first one makes the ledger and turns the stream on
    if (run > 0) starts.push(worker.startMs);
    if (run < runs) await worker.stop();
    else return [startLine(starts), ...(await idle(worker)), ...(await twentyJobs(worker, polis))];
  }
  return [];
}

const startLine = (starts: number[]): Line => ({
  what: 'start, from the command to ready',
  figure: `${median(starts).toFixed(0)} ms`,
  note: spread(starts),
  target: atMost(median(starts), MAX_START_MS, ' ms'),
});

type Started = Awaited<ReturnType<typeof startWorker>>;

async function startWorker(folder: string, polis: PolisParts) {
  const began = performance.now();
  const child = spawn(process.execPath, [join(folder, 'narratives.js'), 'worker'], {
    env: { PATH: process.env.PATH, ...polis.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout);
  for await (const line of lines) {
    const { message, metrics } = JSON.parse(line) as { message: string; metrics?: string };
    if (message !== 'worker is ready') continue;
    child.stdout.resume();
    return { child, startMs: performance.now() - began, metrics: metrics ?? '', stop: () => stopped(child) };
  }
  throw new Error('the worker ended before it was ready: see its messages above');
}

async function stopped(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

async function idle({ child, metrics }: Started): Promise<Line[]> {
  await pause(SETTLE_SECONDS * 1000);
  const [cpu, began] = [await cpuSeconds(metrics), performance.now()];
  await pause(IDLE_SECONDS * 1000);
  const percent = (((await cpuSeconds(metrics)) - cpu) / ((performance.now() - began) / 1000)) * 100;
  const mib = memory(child, 'VmRSS');
  return [
    { what: 'idle, memory', figure: `${mib.toFixed(0)} MiB`, target: atMost(mib, MAX_IDLE_MIB, ' MiB') },
    { what: 'idle, of one core', figure: `${percent.toFixed(2)} %`, target: atMost(percent, MAX_IDLE_PERCENT, ' %') },
  ];
}

async function twentyJobs({ child, metrics, stop }: Started, { db, data, postgres }: PolisParts): Promise<Line[]> {
  const { zid } = data.conversation;
  const pool = new pg.Pool({ connectionString: postgres.url });
  const rows = Array.from({ length: JOBS }, (_, nth) => {
    const about = {
      report_id: `r${nth}bench`,
      conversation_id: String(zid),
      model: 'claude-sonnet-5-5',
      no_cache: true,
    };
    return serverJob(about, new Date(), String(nth).padStart(8, '0'));
  });
  for (const { report_id } of rows)
    await pool.query('INSERT INTO reports (report_id, zid) VALUES ($1, $2)', [report_id, zid]);
  await pool.end();
  const cpu = await cpuSeconds(metrics);
  const began = performance.now();
  const puts = rows.map((Item) => ({ PutRequest: { Item } }));
  await db.send(new BatchWriteCommand({ RequestItems: { [TABLE_NAMES.jobs]: puts } }));
  for (const { job_id } of rows) await untilCompleted(db, job_id);
  const seconds = (performance.now() - began) / 1000;
  const used = (await cpuSeconds(metrics)) - cpu;
  const peak = memory(child, 'VmHWM');
  await stop();
  return [
    {
      what: `${JOBS} jobs at once, 15 sections each`,
      figure: `${seconds.toFixed(1)} s`,
      note: 'of that at least 5 s are the wait for a batch',
    },
    { what: 'CPU time for them', figure: `${used.toFixed(1)} s` },
    { what: 'peak memory', figure: `${peak.toFixed(0)} MiB` },
  ];
}

async function untilCompleted(db: PolisParts['db'], job_id: string): Promise<void> {
  for (;;) {
    const { Item } = await db.send(new GetCommand({ TableName: TABLE_NAMES.jobs, Key: { job_id } }));
    if (Item?.status === 'COMPLETED') return;
    if (Item?.status === 'FAILED') throw new Error(`job ${job_id} failed: ${Item.error_message}`);
    await pause(100);
  }
}

async function cpuSeconds(metrics: string): Promise<number> {
  const text = await (await fetch(metrics)).text();
  return Number(/^narratives_process_cpu_seconds (\S+)$/m.exec(text)?.[1]);
}

/** @param name VmRSS: now; VmHWM: the highest so far @returns MiB */
function memory({ pid }: ChildProcess, name: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
}
