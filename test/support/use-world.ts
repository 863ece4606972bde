import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type Job, startWorld, type World } from './world.ts';

/**
 * A world for the tests of one file. Call it at the top; what it gives is filled before the first test, and calm again
 * before each.
 */
export function useWorld(options?: Parameters<typeof startWorld>[0]): World {
  const world = {} as World;
  beforeAll(async () => {
    Object.assign(world, await startWorld(options));
  });
  afterEach(() => world.calm());
  // it may not have started
  afterAll(() => world.close?.());
  return world;
}

/** What holds of every cancelled job that has been brought to its end. */
export async function expectClosed(
  world: World,
  job: Job,
  counts: { planned: number; stored: number; reasons: string[] },
) {
  const { row, results, reports } = await world.ended(job.job_id);
  expect(row).toMatchObject({ status: 'FAILED', withdrawn_reason: expect.any(String), process_exit_confirmed: true });
  for (const gone of ['checker_schedule_failed', 'execution_status', 'lock_expires_at'])
    expect(row[gone]).toBeUndefined();
  expect(row.error_message).toMatch(/^the job was cancelled/);
  expect(row.completed_at).not.toBe('');
  const { planned, stored } = counts;
  expect(results).toMatchObject({ planned, stored });
  const reasons = new Set((results.failed as { reason: string }[]).map(({ reason }) => reason));
  expect([...reasons].sort()).toEqual(counts.reasons);
  // readers keep the report that they had
  expect(reports).toEqual([]);
  for (const awaiting of await world.awaitingRows(job))
    expect(awaiting).toMatchObject({ status: 'FAILED', withdrawn_reason: expect.any(String) });
  return { row, results };
}
