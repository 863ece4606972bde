import { executionName } from '../../lambdas/shared/names.ts';
import type { ExecutionStatus } from '../../lambdas/stores/executions.ts';
import { jobFinder } from '../../lambdas/stores/jobs.ts';
import { executionChanged } from '../../lambdas/watchdog/execution-changed.ts';
import { type SweepResult, sweep } from '../../lambdas/watchdog/sweep/sweep.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import type { World } from './world.ts';

/** The watch over executions around a world: events are delivered, and sweeps made, when a test says so. */
export function watchOf(world: World) {
  const executions = {
    start: async (name: string, input: unknown) => world.machine().start(name, input),
    status: async (name: string): Promise<ExecutionStatus> => world.machine().status(name)?.status ?? 'unknown',
  };
  const figures: Record<string, number> = {};
  const metrics = {
    add(name: string, value: number) {
      figures[name] = value;
    },
  };
  const finder = jobFinder(world.db, TABLE_NAMES.jobs);
  return {
    figures,
    sweep: (changes: { stage?: string; remainingMs?: () => number } = {}): Promise<SweepResult> =>
      sweep({ ...world.world, finder, executions, metrics, ...changes }),
    /** As EventBridge tells of an execution of the first version of a job. */
    hear: (job: { job_id: string; job_type?: unknown }, status: string, redriveCount = 0, version = 1) => {
      const { job_id, job_type } = job;
      const name = executionName(job_id, version);
      const input = JSON.stringify({ job_id, job_type, version, execution: name });
      return executionChanged(world.world, { detail: { name, status, input, redriveCount } });
    },
  };
}

/** Makes the next call of a client's method do something before, or after, its effect. */
export function onNextCall<T extends object, K extends keyof T>(
  client: T,
  method: K,
  what: { before?: () => unknown; after?: () => unknown },
): void {
  const original = client[method] as (...args: unknown[]) => Promise<unknown>;
  client[method] = (async (...args: unknown[]) => {
    client[method] = original as T[K];
    await what.before?.();
    const answer = await original.apply(client, args);
    await what.after?.();
    return answer;
  }) as T[K];
}
