import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import { serverJob } from '../../../lambdas/job/put.ts';
import { legacyCustomId } from '../../../lambdas/shared/names.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { atOnce, clientOf, MemoryDb, TABLES, type Write } from '../../support/memory/dynamodb.ts';
import { MemoryApi, MODEL, memoryWorld, putTopics } from '../../support/memory/world.ts';
import { SECTIONS, ZID } from '../../support/small-conversation.ts';
import { OldPoller } from './old-poller.ts';
import { OurSide } from './our-side.ts';

const MINUTES = 60_000;

/** Both sides on one table, each acting only when asked to. */
function table(secondsPerBatch: number) {
  let clock = Date.parse('2026-11-22T12:00:00Z');
  const now = () => clock;
  const pass = (ms: number): void => {
    clock += ms;
  };
  const writes: Write[] = [];
  const db = new MemoryDb(TABLES, { onWrite: (write) => void writes.push(write) });
  const api = new MemoryApi({ now, secondsPerBatch: () => secondsPerBatch });
  putTopics(db);
  const client = clientOf(db, atOnce);
  const ours = new OurSide({
    world: memoryWorld({ db, api, call: atOnce, now }),
    db,
    call: atOnce,
    wait: async (seconds) => pass(seconds * 1000),
  });
  const poller = (worker: string) => new OldPoller({ worker, db: client, api, call: async (act) => act(), now });
  const jobs = () => db.rows(TABLE_NAMES.jobs);
  return {
    api,
    poller,
    jobs,
    pass,
    one: (jobId: string) => jobs().find(({ job_id }) => job_id === jobId) ?? {},
    put: (Item: Record<string, unknown>) => client.send(new PutCommand({ TableName: TABLE_NAMES.jobs, Item })),
    job: (change: Record<string, unknown> = {}) => ({
      ...serverJob(
        { report_id: 'rold', conversation_id: ZID, model: MODEL, no_cache: true },
        new Date(clock),
        '0000000a',
      ),
      ...change,
    }),
    /** Delivers what the stream has of one row, and runs its executions to their end. */
    async deliver(match: (row: Record<string, unknown>) => boolean) {
      for (const write of writes.splice(0)) if (write.after && match(write.after)) await ours.deliver(write, 1, 0);
      await ours.finished();
    },
  };
}

describe('rows that an old poller has had before', () => {
  let both: ReturnType<typeof table>;
  beforeEach(() => {
    both = table(30);
  });

  it('a claim removes an expired lock, so that no old poller takes the row for a stuck one', async () => {
    const row = both.job({ lock_expires_at: '2026-11-20T09:00:00.000000+00:00', version: 3 });
    await both.put(row);
    both.pass(MINUTES);
    await both.deliver(({ job_id }) => job_id === row.job_id);
    expect(both.one(row.job_id)).toMatchObject({ status: 'COMPLETED', worker_id: `${row.job_id}-v3` });
    expect(both.one(row.job_id)).not.toHaveProperty('lock_expires_at');
    both.pass(60 * MINUTES);
    expect(await both.poller('python-1').poll()).toBe(false);
    expect(both.api.sent).toHaveLength(1);
  });

  it('its batch is adopted, and its job closed with what came of it', async () => {
    const row = both.job();
    await both.put({
      ...row,
      status: 'PROCESSING',
      worker_id: 'python-1',
      version: 2,
      started_at: '2026-11-22T11:59:00+00:00',
    });
    const { id } = both.api.create('python-1', [{ custom_id: legacyCustomId(ZID, SECTIONS[0] ?? ''), cites: 0 }]);
    await both.put({ ...both.one(row.job_id), batch_id: id });
    await both.put(check(row.job_id, id));
    await both.deliver(({ job_type }) => job_type === 'AWAITING_NARRATIVE_BATCH');
    expect(both.one(row.job_id)).toMatchObject({ status: 'COMPLETED', version: 3, process_exit_confirmed: true });
  });

  it('a check that the poller wants to repeat is left to it, and adopted once somebody sets it to PENDING', async () => {
    const row = both.job();
    const { id } = both.api.create('python-1', [{ custom_id: legacyCustomId(ZID, SECTIONS[0] ?? ''), cites: 0 }]);
    await both.put({ ...row, status: 'COMPLETED', worker_id: 'python-1', version: 3, batch_id: id });
    const repeated = { ...check(row.job_id, id), status: 'AWAITING_RECHECK', worker_id: 'python-1', version: 2 };
    await both.put(repeated);
    await both.deliver(() => true);
    expect(both.one(repeated.job_id)).toEqual(repeated);
    await both.put({ ...repeated, status: 'PENDING', version: 3 });
    await both.deliver(() => true);
    expect(both.one(repeated.job_id)).toMatchObject({ status: 'COMPLETED', process_exit_confirmed: true });
    expect(both.one(row.job_id)).toMatchObject({ status: 'COMPLETED', version: 3 });
  });

  it('a job that a poller has claimed again since its batch was sent is left to that poller', async () => {
    const row = both.job();
    const { id } = both.api.create('python-1', [{ custom_id: legacyCustomId(ZID, SECTIONS[0] ?? ''), cites: 0 }]);
    both.pass(20 * MINUTES);
    const again = {
      status: 'PROCESSING',
      worker_id: 'python-2',
      version: 5,
      started_at: '2026-11-22T12:19:00.000000+00:00',
    };
    await both.put({ ...row, ...again, batch_id: id });
    const before = both.one(row.job_id);
    await both.put(check(row.job_id, id));
    await both.deliver(({ job_type }) => job_type === 'AWAITING_NARRATIVE_BATCH');
    expect(both.one(`batch_check_${row.job_id}_1`)).toMatchObject({
      status: 'COMPLETED',
    });
    expect(both.one(row.job_id)).toEqual(before);
  });

  const check = (jobId: string, batch_id: string) => ({
    job_id: `batch_check_${jobId}_1`,
    status: 'PENDING',
    job_type: 'AWAITING_NARRATIVE_BATCH',
    batch_job_id: jobId,
    batch_id,
    conversation_id: ZID,
    report_id: 'rold',
    created_at: '2026-11-22T12:00:00',
    version: 1,
    logs: '{"entries":[]}',
  });
});
