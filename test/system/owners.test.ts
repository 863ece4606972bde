import { describe, expect, it } from 'vitest';
import { submit } from '../../lambdas/steps/submit.ts';
import { STATE, TABLE_NAMES } from '../../lib/names.ts';
import { useWorld } from '../support/use-world.ts';

const world = useWorld();

const rowOf = async (jobId: string) => (await world.deps.jobs.get(jobId)) ?? {};

describe('only the owner writes', () => {
  it('rows of other types and of unknown status are left as they are', async () => {
    const rows = [
      world.jobRow({ job_type: 'FULL_PIPELINE' }),
      world.jobRow({ job_type: 'SOMETHING_NEW' }),
      world.jobRow({ status: 'LOCKED_FOR_CHECKING' }),
      world.jobRow({ status: 'AWAITING_RECHECK' }),
      world.jobRow({ status: 'CANCELLED' }),
    ];
    for (const row of rows) await world.putJob(row);
    await world.settle();
    for (const row of rows) expect(await rowOf(row.job_id)).toEqual(JSON.parse(JSON.stringify(row)));
  });

  it('a row that an old poller claimed first is left to it', async () => {
    const row = world.jobRow();
    const before = world.standIn.batches().length;
    await world.putJob(row);
    const claimed = { ...row, status: 'PROCESSING', worker_id: 'python-1', version: 2 };
    await world.putJob(claimed);
    await world.settle();
    expect(await rowOf(row.job_id)).toEqual(JSON.parse(JSON.stringify(claimed)));
    expect((await world.ended(row.job_id)).states.at(-1)).toBe(STATE.jobLeftToItsOwner);
    expect(world.standIn.batches()).toHaveLength(before);
  });

  it('of two that claim at the same moment one works and the other leaves', async () => {
    for (let attempt = 0; attempt < 20; attempt++) {
      const row = world.jobRow({ job_config: '{"max_batch_size": "many"}', report_id: `r${attempt}` });
      await world.deps.jobs.putNew(row);
      const claims = ['one', 'two'].map((execution) =>
        submit(world.deps, { job_id: row.job_id, job_type: row.job_type, version: 1, execution }).then(
          ({ next }) => next,
          (error: Error) => error.name,
        ),
      );
      expect((await Promise.all(claims)).sort()).toEqual(['InvalidJobConfig', 'leave']);
      expect((await rowOf(row.job_id)).version).toBe(2);
    }
  });
});

describe('a job that changes hands', () => {
  it('claimed by another between planning and sending: nothing is sent', async () => {
    const row = world.jobRow();
    const before = world.standIn.batches().length;
    const { ledger, jobs } = world.deps;
    const { writePlan } = ledger;
    ledger.writePlan = async (...of) => {
      ledger.writePlan = writePlan;
      await writePlan(...of);
      await jobs.change(row.job_id, { status: 'PROCESSING', version: 2 }, { worker_id: 'python-1' });
    };
    await world.putJob(row);
    await world.settle();
    expect(world.standIn.batches()).toHaveLength(before);
    expect(await rowOf(row.job_id)).toMatchObject({ status: 'PROCESSING', worker_id: 'python-1', version: 3 });
  });

  it('stopped and put back to PENDING: the AWAITING row is closed with the job', async () => {
    const row = world.jobRow();
    await world.deps.jobs.putNew(row);
    await submit(world.deps, { job_id: row.job_id, job_type: row.job_type, version: 1, execution: 'stopped' });
    const held = await rowOf(row.job_id);
    await world.putJob({ ...held, status: 'PENDING', worker_id: 'none', version: Number(held.version) + 1 });
    await world.settle();
    expect(await rowOf(row.job_id)).toMatchObject({ status: 'COMPLETED' });
    const awaiting = (await world.all(TABLE_NAMES.jobs)).filter((other) => other.batch_job_id === row.job_id);
    expect(awaiting).toMatchObject([{ status: 'COMPLETED', process_exit_confirmed: true }]);
  });
});

describe('rows that cannot be understood', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    ['without a version', { version: undefined }, /^InvalidJobRow: version/],
    ['with a version that is text', { version: 'one' }, /^InvalidJobRow: version/],
    ['without a conversation', { conversation_id: undefined }, /^InvalidJobRow: conversation_id/],
    [
      'with a conversation that is no zid',
      { conversation_id: 'abc' },
      /^InvalidJobRow: conversation_id: must be the zid in digits/,
    ],
  ])(
    'a row %s is marked FAILED with the reason, and does not block the row after it',
    async (_name, changes, message) => {
      const bad = world.jobRow(changes);
      const good = world.jobRow();
      await world.putJob(bad);
      await world.putJob(good);
      await world.settle();
      expect(await rowOf(bad.job_id)).toMatchObject({ status: 'FAILED', process_exit_confirmed: true });
      expect((await rowOf(bad.job_id)).error_message).toMatch(message);
      expect(await rowOf(good.job_id)).toMatchObject({ status: 'COMPLETED' });
      expect(world.deadLetters).toEqual([]);
    },
  );

  it('put right and back to PENDING, such a row runs', async () => {
    const bad = world.jobRow({ conversation_id: 'abc' });
    await world.putJob(bad);
    await world.settle();
    const failed = await rowOf(bad.job_id);
    await world.putJob({ ...failed, conversation_id: String(world.data.conversation.zid), status: 'PENDING' });
    await world.settle();
    expect(await rowOf(bad.job_id)).toMatchObject({ status: 'COMPLETED' });
  });
});
