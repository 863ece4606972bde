import { expect } from 'vitest';
import { executionName } from '../../lambdas/shared/names.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import type { World } from './world.ts';

export type Job = Record<string, unknown> & { job_id: string };

export const killed = (): never => {
  throw new Error('the process was killed');
};
export const firstName = ({ job_id }: Job): string => executionName(job_id, 1);
export const inputOf = (job: Job) => ({
  job_id: job.job_id,
  job_type: job.job_type,
  version: 1,
  execution: firstName(job),
});

/** Stopping executions in a world, and looking at what is left. */
export function stopsIn(world: World) {
  const stop = (job: Job) => world.machine().abort(firstName(job));
  const calm = () => Object.assign(world.pace, { waitScale: 0, onEvent: undefined });
  return {
    stop,
    calm,
    rowOf: async ({ job_id }: Job) => (await world.world.jobs.get(job_id)) ?? {},
    awaitingRows: async ({ job_id }: Job) =>
      (await world.all(TABLE_NAMES.jobs)).filter((row) => row.batch_job_id === job_id),
    /** Stops the execution when it comes to a Wait state. */
    stopAtWait(job: Job, state: string): void {
      world.pace.waitScale = 1;
      world.pace.onEvent = (name, event) => {
        if (name === firstName(job) && event.type === 'StateEntered' && event.state === state) stop(job);
      };
    },
    /** A new job, and its execution stopped as arranged. */
    async stoppedJob(arrange: (job: Job) => void): Promise<Job> {
      const job = world.jobRow();
      arrange(job);
      await world.putJob(job);
      await world.settle();
      expect(world.machine().status(firstName(job))?.status).toBe('ABORTED');
      calm();
      return job;
    },
  };
}
