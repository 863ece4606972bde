import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchReportsSchema, putJob } from '../../../lambdas/job/put.ts';
import { StoreUnavailable } from '../../../lambdas/shared/errors.ts';
import { jobRowSchema } from '../../../lambdas/shared/job-row.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { MODEL, startGuarded } from '../../support/guarded.ts';

let world: Awaited<ReturnType<typeof startGuarded>>;
beforeAll(async () => {
  world = await startGuarded();
});
afterAll(() => world?.stop());

let reports = 0;
/** Each test has a report of its own. */
const newReport = () => `rtest${reports++}`;
const many = <T>(count: number, work: (at: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, at) => work(at)));

describe('putting a job', () => {
  it('puts a row as the server writes it and names it', async () => {
    const report_id = newReport();
    const asked = { report_id, max_batch_size: 7, include_moderation: true, layers: [0, 2] };
    const answer = await putJob(world.deps, asked);
    const [row] = await world.jobsOf(report_id);
    expect(answer).toEqual({ job_id: row?.job_id, report_id, model: MODEL, deduplicated: false });
    expect(answer.job_id).toMatch(new RegExp(`^batch_report_${report_id}_1795348800_[0-9a-f]{8}$`));
    expect(jobRowSchema.parse(row)).toMatchObject({ status: 'PENDING', version: 1, worker_id: 'none' });
    expect(JSON.parse(String(row?.job_config)).stages[0].config).toEqual({
      model: MODEL,
      max_batch_size: 7,
      no_cache: false,
      report_id,
      include_moderation: true,
      layers: [0, 2],
    });
  });

  it('takes layers as a list of whole numbers from 0, and nothing else', () => {
    const parsed = (layers: unknown) => batchReportsSchema.safeParse({ report_id: 'r1', layers });
    expect(parsed([0, 1]).data?.layers).toEqual([0, 1]);
    for (const none of [undefined, null]) expect(parsed(none).data?.layers).toBeUndefined();
    for (const wrong of [[], 0, '0', [-1], [0.5], ['0'], [null], Array(101).fill(0)])
      expect(parsed(wrong).error?.issues).toMatchObject([
        { path: ['layers'], message: expect.stringContaining('must be a list of layers') },
      ]);
  });

  it('refuses an unknown report in words for the caller, and puts nothing', async () => {
    const before = await world.ledger();
    await expect(putJob(world.deps, { report_id: 'runknown1' })).rejects.toMatchObject({
      name: 'ReportMismatch',
      message: expect.stringContaining('no report runknown1'),
    });
    expect(await world.jobsOf('runknown1')).toEqual([]);
    expect(await world.ledger()).toEqual(before);
  });

  it('gives a second request the job that is under way, with its model', async () => {
    const report_id = newReport();
    const first = await putJob(world.deps, { report_id, model: 'claude-haiku-5-5' });
    for (const status of ['PENDING', 'PROCESSING']) {
      await world.end(first.job_id, status);
      expect(await putJob(world.deps, { report_id })).toEqual({ ...first, deduplicated: true });
    }
    expect(await world.jobsOf(report_id)).toHaveLength(1);
  });

  it.each(['COMPLETED', 'FAILED', 'CANCELLED'])('puts a new job once the last one is %s', async (status) => {
    const report_id = newReport();
    const first = await putJob(world.deps, { report_id });
    await world.end(first.job_id, status);
    const second = await putJob(world.deps, { report_id });
    expect(second).toMatchObject({ deduplicated: false });
    expect(second.job_id).not.toBe(first.job_id);
    expect(await putJob(world.deps, { report_id })).toEqual({ ...second, deduplicated: true });
  });

  it('gives way when the row of the guarded job is gone', async () => {
    const report_id = newReport();
    const { job_id } = await putJob(world.deps, { report_id });
    await world.db.send(new DeleteCommand({ TableName: TABLE_NAMES.jobs, Key: { job_id } }));
    expect(await putJob(world.deps, { report_id })).toMatchObject({ deduplicated: false });
  });

  it('keeps two reports of one conversation apart', async () => {
    const answers = [
      await putJob(world.deps, { report_id: newReport() }),
      await putJob(world.deps, { report_id: newReport() }),
    ];
    expect(answers.map(({ deduplicated }) => deduplicated)).toEqual([false, false]);
  });
});

describe('requests that race', () => {
  it('put exactly one row between the 50 of them', async () => {
    const report_id = newReport();
    const answers = await many(50, () => putJob(world.deps, { report_id }));
    const rows = await world.jobsOf(report_id);
    expect(rows).toHaveLength(1);
    expect(new Set(answers.map(({ job_id }) => job_id))).toEqual(new Set([rows[0]?.job_id]));
    expect(answers.filter(({ deduplicated }) => !deduplicated)).toHaveLength(1);
  });

  it('put exactly one row after a job that has ended', async () => {
    const report_id = newReport();
    const first = await putJob(world.deps, { report_id });
    await world.end(first.job_id);
    const answers = await many(50, () => putJob(world.deps, { report_id }));
    const ids = new Set(answers.map(({ job_id }) => job_id));
    expect(ids.size).toBe(1);
    expect(ids).not.toContain(first.job_id);
    expect(await world.jobsOf(report_id)).toHaveLength(2);
  });

  it('with one idempotency key get one job, also after it has ended', async () => {
    const report_id = newReport();
    const request = { report_id, idempotency_key: 'click 1' };
    const answers = await many(50, () => putJob(world.deps, request));
    const [row, ...more] = await world.jobsOf(report_id);
    expect(more).toEqual([]);
    expect(new Set(answers.map(({ job_id }) => job_id))).toEqual(new Set([row?.job_id]));
    await world.end(String(row?.job_id));
    expect(await putJob(world.deps, request)).toMatchObject({ job_id: row?.job_id, deduplicated: true });
    expect(await putJob(world.deps, { report_id, idempotency_key: 'click 2' })).toMatchObject({ deduplicated: false });
  });

  it('with 50 different keys get one job, and every key goes on naming it', async () => {
    const report_id = newReport();
    const keyed = (at: number) => putJob(world.deps, { report_id, idempotency_key: `key ${at}` });
    const answers = await many(50, keyed);
    const [row, ...more] = await world.jobsOf(report_id);
    expect(more).toEqual([]);
    await world.end(String(row?.job_id));
    for (const [at, answer] of answers.entries()) expect((await keyed(at)).job_id).toBe(answer.job_id);
    expect(await world.jobsOf(report_id)).toHaveLength(1);
  });

  it('with one key for an ended job and none beside it leave one active job', async () => {
    const report_id = newReport();
    const answers = await many(50, (at) =>
      putJob(world.deps, { report_id, ...(at % 2 ? { idempotency_key: 'k' } : {}) }),
    );
    expect(new Set(answers.map(({ job_id }) => job_id)).size).toBe(1);
    expect(await world.jobsOf(report_id)).toHaveLength(1);
  });
});

describe('an idempotency key', () => {
  it.each([
    ['is under way', 'PENDING'],
    ['has ended', 'COMPLETED'],
  ])(
    'keeps its job when it was given to it after another request had looked, and a later job %s',
    async (_, status) => {
      const request = { report_id: newReport(), idempotency_key: 'k' };
      const first = await putJob(world.deps, request);
      await world.end(first.job_id);
      const later = await putJob(world.deps, { report_id: request.report_id });
      await world.end(later.job_id, status);
      let looks = 0;
      const guards: typeof world.deps.guards = {
        ...world.deps.guards,
        keyedJob: async (...asked) => (looks++ === 0 ? undefined : world.deps.guards.keyedJob(...asked)),
      };
      const answer = { ...first, deduplicated: true };
      expect(await putJob({ ...world.deps, guards }, request)).toEqual(answer);
      expect(await putJob(world.deps, request)).toEqual(answer);
      expect(await world.jobsOf(request.report_id)).toHaveLength(2);
    },
  );

  it('is free again after its days, though DynamoDB has not deleted its row yet', async () => {
    const request = { report_id: newReport(), idempotency_key: 'k' };
    const first = await putJob(world.deps, request);
    await world.end(first.job_id);
    world.passDays(6.9);
    expect(await putJob(world.deps, request)).toMatchObject({ job_id: first.job_id, deduplicated: true });
    world.passDays(0.2);
    const second = await putJob(world.deps, request);
    expect(second).toMatchObject({ deduplicated: false });
    expect(await putJob(world.deps, request)).toMatchObject({ job_id: second.job_id, deduplicated: true });
  });

  it('is another one for another report', async () => {
    const first = await putJob(world.deps, { report_id: newReport(), idempotency_key: 'same' });
    const second = await putJob(world.deps, { report_id: newReport(), idempotency_key: 'same' });
    expect(second).toMatchObject({ deduplicated: false });
    expect(second.job_id).not.toBe(first.job_id);
  });

  it('is not kept as it came, and every guard row is cleared by the ledger’s TTL', async () => {
    const report_id = newReport();
    await putJob(world.deps, { report_id, idempotency_key: 'a very private key' });
    const rows = await world.ledger();
    expect(JSON.stringify(rows)).not.toContain('private');
    expect(rows.length).toBeGreaterThan(1);
    const now = world.deps.now().getTime() / 1000;
    for (const row of rows.filter(({ job_id }) => job_id === `report:${report_id}`)) {
      expect(row.expires_at_epoch).toBeGreaterThan(now);
    }
    expect(rows.every(({ expires_at_epoch }) => Number.isInteger(expires_at_epoch))).toBe(true);
  });
});

describe('beside a server that puts its rows without the guard', () => {
  it('gives the server’s job, with the server’s model, and lets a key name it', async () => {
    const report_id = newReport();
    const { job_id } = await world.serverPuts(report_id);
    const answer = { job_id, report_id, model: 'claude-opus-5-5', deduplicated: true };
    expect(await putJob(world.deps, { report_id })).toEqual(answer);
    expect(await putJob(world.deps, { report_id, idempotency_key: 'k' })).toEqual(answer);
    await world.end(job_id);
    expect(await putJob(world.deps, { report_id, idempotency_key: 'k' })).toEqual(answer);
    expect(await putJob(world.deps, { report_id })).toMatchObject({ deduplicated: false });
  });

  it('puts no row in 50 requests that race while the server’s job is under way', async () => {
    const report_id = newReport();
    const { job_id } = await world.serverPuts(report_id, { status: 'PROCESSING' });
    const answers = await many(50, (at) => putJob(world.deps, { report_id, idempotency_key: `k${at % 5}` }));
    expect(new Set(answers.map((answer) => answer.job_id))).toEqual(new Set([job_id]));
    expect(await world.jobsOf(report_id)).toHaveLength(1);
  });

  const watching = (sender: string) => ({
    job_id: `batch_check_${sender}`,
    job_type: 'AWAITING_NARRATIVE_BATCH',
    batch_job_id: sender,
  });

  it.each([[undefined], ['PROCESSING'], ['FAILED']])(
    'takes a row that watches a batch for the job that sent it, whose own row says %s',
    async (status) => {
      const report_id = newReport();
      const sender = `sender_${report_id}`;
      if (status) await world.serverPuts('rother', { job_id: sender, status });
      await world.serverPuts(report_id, watching(sender));
      expect(await putJob(world.deps, { report_id })).toMatchObject({ job_id: sender, deduplicated: true });
    },
  );

  it.each([['COMPLETED'], ['CANCELLED']])(
    'is not held up by a watching row left open by a job that is %s',
    async (status) => {
      const report_id = newReport();
      const { job_id } = await world.serverPuts(report_id, { job_id: `sender_${report_id}`, status });
      await world.serverPuts(report_id, watching(job_id));
      expect(await putJob(world.deps, { report_id })).toMatchObject({ deduplicated: false });
    },
  );

  it.each([
    ['of another job type', { job_type: 'FULL_PIPELINE' }],
    ['of another report', { report_id: 'rother' }],
    ['that has ended', { status: 'FAILED' }],
  ])('is not held up by a row %s', async (_, changes) => {
    const report_id = newReport();
    await world.serverPuts(report_id, changes);
    expect(await putJob(world.deps, { report_id })).toMatchObject({ deduplicated: false });
  });

  it('believes the row, not an index that is behind it', async () => {
    const report_id = newReport();
    const { job_id } = await world.serverPuts(report_id, { status: 'COMPLETED' });
    const late = {
      ...world.deps,
      jobs: {
        ...world.deps.jobs,
        async *activeJobs() {
          yield { job_id };
        },
      },
    };
    expect(await putJob(late, { report_id })).toMatchObject({ deduplicated: false });
  });
});

describe('trouble on the way', () => {
  it('names a job that the guards know of while PostgreSQL is away', async () => {
    const request = { report_id: newReport(), idempotency_key: 'k' };
    const first = await putJob(world.deps, request);
    const conversations = { report: () => Promise.reject(new StoreUnavailable('PostgreSQL is away')) };
    const away = { ...world.deps, conversations };
    expect(await putJob(away, { report_id: request.report_id })).toEqual({ ...first, deduplicated: true });
    await world.end(first.job_id);
    expect(await putJob(away, request)).toEqual({ ...first, deduplicated: true });
    await expect(putJob(away, { report_id: newReport() })).rejects.toMatchObject({ name: 'StoreUnavailable' });
  });

  it('says StoreUnavailable after a bounded number of lost races, and puts nothing', async () => {
    const report_id = newReport();
    let puts = 0;
    const guards = {
      ...world.deps.guards,
      async putJob() {
        puts += 1;
        return 'lost' as const;
      },
    };
    await expect(putJob({ ...world.deps, guards }, { report_id })).rejects.toMatchObject({ name: 'StoreUnavailable' });
    expect(puts).toBeLessThan(10);
    expect(await world.jobsOf(report_id)).toEqual([]);
  });

  it('knows its own row again when the answer to its put was lost', async () => {
    const report_id = newReport();
    const guards = {
      ...world.deps.guards,
      async putJob(...args: Parameters<typeof world.deps.guards.putJob>) {
        await world.deps.guards.putJob(...args);
        return 'lost' as const;
      },
    };
    expect(await putJob({ ...world.deps, guards }, { report_id })).toMatchObject({ deduplicated: false });
    expect(await world.jobsOf(report_id)).toHaveLength(1);
  });

  it('draws another suffix when a job of that name exists', async () => {
    const report_id = newReport();
    const suffixes = ['abcdef01', 'abcdef02'];
    await world.serverPuts(report_id, { status: 'COMPLETED' });
    const answer = await putJob({ ...world.deps, randomHex: () => suffixes.shift() ?? '' }, { report_id });
    expect(answer).toMatchObject({ job_id: expect.stringMatching(/abcdef02$/), deduplicated: false });
  });
});
