import { describe, expect, it } from 'vitest';
import { executionName } from '../../lambdas/shared/names.ts';
import { STATE } from '../../lib/names.ts';
import { cutShort } from '../../perf/load/cut-short.ts';
import { MOST_EVENTS } from '../../perf/load/history-events.ts';
import { longBatch } from '../../perf/load/long-batch.ts';
import { manyJobs } from '../../perf/load/many-jobs.ts';
import { REFUSAL, streamRecords } from '../../perf/load/stream-records.ts';

describe('under load, in small (`npm run load` is the same in large)', () => {
  it('jobs put at once all end COMPLETED, with one batch each and every section stored once', async () => {
    const { seconds: _, ...came } = await manyJobs(12);
    expect(came).toEqual({
      jobs: 12,
      ended: { COMPLETED: 12 },
      errors: {},
      planned: 180,
      stored: 180,
      twice: 0,
      batches: 12,
      deadLetters: 0,
    });
  });

  it('a function near its time limit hands over, and every answer is stored once', async () => {
    const { row, results, states, writes, sections, batches } = await cutShort(1_000, 240);
    expect(states[STATE.collectResults]).toBeGreaterThanOrEqual(4);
    expect(states[STATE.collectResults]).toBeLessThanOrEqual(6);
    expect(row).toMatchObject({ status: 'COMPLETED', process_exit_confirmed: true });
    expect(results).toMatchObject({ planned: 1_000, stored: 1_000, failed_count: 0, unfiled_count: 0, rounds: 1 });
    expect({ sections, writes, batches }).toEqual({ sections: 1_000, writes: 1_000, batches: 0 });
  });

  it.each([
    { expired: 1, hours: 24 },
    { expired: 2, hours: 48 },
  ])(
    'a batch that runs for a day and expires is asked for again: $expired of them, in one history',
    async ({ expired, hours }) => {
      const ran = await longBatch(expired);
      expect(ran.row).toMatchObject({ status: 'COMPLETED', process_exit_confirmed: true });
      expect(ran.results).toMatchObject({ planned: 2, stored: 2, failed: [], rounds: expired + 1 });
      expect(ran.batches).toBe(expired + 1);
      expect(ran.hours).toBeGreaterThan(hours);
      expect(ran.checks).toBeGreaterThan(1_440);
      expect(ran.events).toBeGreaterThan(ran.checks * 9);
      expect(ran.events).toBeLessThan(MOST_EVENTS);
    },
  );

  it('of a thousand stream records every good one starts its job once, whatever poison lies between', async () => {
    const ran = await streamRecords(1_000, 3);
    expect(ran.good).toHaveLength(900);
    expect(ran.started.sort()).toEqual(ran.good.map((jobId) => executionName(jobId, 1)).sort());
    expect(ran.deadLetters.sort()).toEqual(ran.poison.sort());
    for (const jobId of ran.poison) expect(ran.reasons.get(jobId)).toEqual(new Set([REFUSAL]));
    for (const jobId of ran.unreadable)
      expect(ran.rows.get(jobId)).toMatchObject({
        status: 'FAILED',
        error_message: expect.stringMatching(/^InvalidJobRow: conversation_id: must be the zid in digits/),
      });
  });
});
