import type { BatchEntry } from '../../lambdas/shared/ledger-rows.ts';
import { executionName } from '../../lambdas/shared/names.ts';
import type { ExecutionStatus } from '../../lambdas/stores/executions.ts';
import { sweep } from '../../lambdas/watchdog/sweep.ts';
import { JOB, jobRow } from './make.ts';
import { unitWorld } from './unit-world.ts';

export const NOW = Date.parse('2026-11-22T10:00:00.000Z');
export const ago = (minutes: number) => new Date(NOW - minutes * 60_000).toISOString();
export const NAME = executionName(JOB, 1);
export const pending = (change: Record<string, unknown> = {}) =>
  jobRow({ created_at: ago(60), updated_at: ago(10), ...change });
export const processing = (change: Record<string, unknown> = {}) =>
  pending({ status: 'PROCESSING', version: 4, worker_id: NAME, started_at: ago(50), ...change });
export const unwatched = (change: Record<string, unknown> = {}) =>
  processing({
    status: 'FAILED',
    process_exit_confirmed: true,
    checker_schedule_failed: true,
    batch_id: 'b',
    ...change,
  });

export interface Given {
  status?: ExecutionStatus;
  batches?: BatchEntry[];
  stage?: string;
  remainingMs?: () => number;
}

/** A sweep over these rows; its index still shows them as they were at first. */
export function wired(rows: Record<string, unknown>[], given: Given = {}) {
  const world = unitWorld({ jobs: rows, batches: given.batches ?? [], now: () => new Date(NOW) });
  const started: string[] = [];
  const inputs: unknown[] = [];
  const asked: [string, string | undefined][] = [];
  const figures: Record<string, number> = {};
  const deps = {
    ...world.deps,
    metrics: {
      add(name: string, value: number) {
        figures[name] = value;
      },
    },
    finder: {
      async *withStatus(status: string, since?: string) {
        asked.push([status, since]);
        yield* rows.filter((row) => row.status === status);
      },
    },
    executions: {
      status: async () => given.status ?? ('unknown' as const),
      async start(name: string, input: unknown) {
        started.push(name);
        inputs.push(input);
        return 'started' as const;
      },
    },
    stage: given.stage ?? '',
    remainingMs: given.remainingMs ?? (() => 300_000),
  };
  return { ...world, deps, started, inputs, asked, figures, run: () => sweep(deps) };
}

export const NOTHING = { started: 0, resumed: 0, closed: 0, unwatched: 0 };
