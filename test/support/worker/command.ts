import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { expect, vi } from 'vitest';
import { serverJob } from '../../../lambdas/job/put.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { SAMPLE } from '../../../local/sample.ts';
import { HANGS } from '../hangs.ts';
import { endGroup, startGroup } from '../processes.ts';
import { allRows } from '../readers.ts';
import { missingPart, type PolisParts } from './polis.ts';

const SOURCE = fileURLToPath(new URL('../../../bin/narratives.js', import.meta.url));

type Line = { level: string; message: string } & Record<string, unknown>;

/** Whether this machine lacks a part that workers are tested with; in CI that is an error. */
export function lacksParts(): boolean {
  const missing = missingPart();
  if (missing && process.env.CI) throw new Error(`the worker's tests need ${missing}: install it`);
  if (missing) console.log(`skipped: the worker's tests need ${missing}`);
  return missing !== undefined;
}

/** Workers in processes of their own beside a Polis, and what the Polis server does. */
export function workersBeside(polis: PolisParts, bin = SOURCE) {
  const started: (() => Promise<void>)[] = [];
  let jobs = 0;
  return {
    start(env: Record<string, string> = {}) {
      const child = startGroup(process.execPath, [bin, 'worker'], {
        env: { PATH: process.env.PATH, ...polis.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const lines: Line[] = [];
      let errors = '';
      if (child.stdout) createInterface(child.stdout).on('line', (line) => void lines.push(JSON.parse(line) as Line));
      child.stderr?.on('data', (chunk: Buffer) => {
        errors += chunk;
      });
      started.push(() => endGroup(child));
      const said = (message: string) => lines.filter((line) => line.message === message);
      return {
        lines,
        said,
        errors: () => errors,
        async ready(): Promise<Line> {
          await vi.waitFor(() => expect(said('worker is ready'), errors).toHaveLength(1), HANGS);
          return said('worker is ready')[0] as Line;
        },
        /** Its exit code. @param signal tells it to stop */
        async ended(signal?: NodeJS.Signals): Promise<number | null> {
          const gone = once(child, 'exit');
          if (signal) child.kill(signal);
          return (await gone)[0];
        },
      };
    },
    /** Puts a row as the server does. @returns its job id */
    async putJob(report_id: string = SAMPLE.report_id): Promise<string> {
      const about = { report_id, conversation_id: String(SAMPLE.zid), model: 'claude-sonnet-5-5', no_cache: true };
      const row = serverJob(about, new Date(), String(jobs++).padStart(8, '0'));
      await polis.db.send(new PutCommand({ TableName: TABLE_NAMES.jobs, Item: row }));
      return row.job_id;
    },
    completed: (jobId: string) =>
      vi.waitFor(async () => {
        const rows = await allRows(polis.db, TABLE_NAMES.jobs);
        expect(rows.find(({ job_id }) => job_id === jobId)).toMatchObject({ status: 'COMPLETED' });
      }, HANGS),
    /** How many batches the API has received. */
    async batches(): Promise<number> {
      const answer = await fetch(polis.anthropic.control);
      return ((await answer.json()) as { batches: unknown[] }).batches.length;
    },
    /** How long batches take from now on; 0 also ends those that are under way. */
    async setBatchSeconds(seconds: number): Promise<void> {
      await fetch(polis.anthropic.control, { method: 'PUT', body: String(seconds) });
    },
    async end(): Promise<void> {
      for (const end of started) await end();
    },
  };
}

export type WorkersBeside = ReturnType<typeof workersBeside>;
