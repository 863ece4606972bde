import { describe, expect, it } from 'vitest';
import { answerCancel } from '../../../lambdas/api/cancel.ts';
import { executionName } from '../../../lambdas/shared/names.ts';
import { JOB, jobRow } from '../../support/make.ts';
import { unitWorld } from '../../support/unit-world.ts';

const NOW = '2026-11-22T12:00:00.000Z';
const NAME = executionName(JOB, 1, 'beta');

/** The answer to a request to cancel the one job of a table, and its row after it. */
async function cancelled(row: Record<string, unknown>, job_id = JOB) {
  const world = unitWorld({ jobs: [jobRow({ started_at: '', ...row })], now: () => new Date(NOW) });
  const answer = await answerCancel({ ...world.deps, stage: 'beta' }, { query: {}, body: '', params: { job_id } });
  return { ...answer, body: answer.body as Record<string, unknown>, row: world.row(JOB), changes: world.changes };
}

describe('a job that may be cancelled', () => {
  it('and that nobody has taken is closed at once', async () => {
    const { status, body, row } = await cancelled({});
    expect(status).toBe(200);
    expect(body).toEqual({
      status: 'success',
      message: `job ${JOB} is cancelled; nothing had been sent`,
      job_id: JOB,
      job_status: 'CANCELLED',
      was: 'PENDING',
      execution: null,
      worker: null,
      swept: false,
    });
    expect(row).toMatchObject({ status: 'FAILED', version: 2, process_exit_confirmed: true, completed_at: NOW });
    expect(row).toMatchObject({ withdrawn_reason: 'cancelled by a request to the HTTP API' });
    expect(row.error_message).toBe('the job was cancelled by a request to the HTTP API: nothing of it was sent');
  });

  it('and that an execution works on is left to it', async () => {
    const { body, row } = await cancelled({ status: 'PROCESSING', worker_id: NAME, started_at: NOW });
    expect(body).toMatchObject({ was: 'PROCESSING', execution: NAME, worker: null, swept: false });
    expect(body.message).toMatch(/within about a minute .* cancels the batch at the Anthropic API/);
    expect(row).toMatchObject({ status: 'CANCELLED', worker_id: NAME });
    expect(row.process_exit_confirmed).toBeUndefined();
  });

  it.each([
    ['waits to continue with what it has paid for', { started_at: NOW }],
    [
      'failed and left a paid batch unwatched',
      { status: 'FAILED', worker_id: NAME, checker_schedule_failed: true, process_exit_confirmed: true },
    ],
  ])('and that %s is left to the sweep', async (_what, row) => {
    const answer = await cancelled(row);
    expect(answer.body).toMatchObject({ execution: null, worker: null, swept: true });
    expect(answer.body.message).toMatch(/the next sweep/);
    expect(answer.row).toMatchObject({ status: 'CANCELLED' });
    expect(answer.row.process_exit_confirmed).toBeUndefined();
  });

  it('and that an old poller holds is cancelled, which it may not notice', async () => {
    const { status, body, row } = await cancelled({ status: 'PROCESSING', worker_id: 'python-1' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ worker: 'python-1', execution: null, swept: false });
    expect(body.message).toMatch(/may not notice/);
    expect(row.process_exit_confirmed).toBeUndefined();
  });

  it('may be a row of the old pipeline whose batch is watched here', async () => {
    const old = { job_type: 'AWAITING_NARRATIVE_BATCH', status: 'PROCESSING', batch_job_id: 'old', worker_id: NAME };
    expect((await cancelled(old)).body).toMatchObject({ execution: NAME });
  });

  it('though its row changes meanwhile; one that keeps changing is left, and said so', async () => {
    const { jobs, ...deps } = unitWorld({ jobs: [jobRow({ started_at: '' })] }).deps;
    const { change } = jobs;
    let conflicts = 4;
    jobs.change = async (...given) => (conflicts-- > 0 ? 'conflict' : change(...given));
    const request = { query: {}, body: '', params: { job_id: JOB } };
    const ask = () => answerCancel({ ...deps, jobs, stage: 'beta' }, request);
    expect((await ask()).status).toBe(200);
    jobs.get = async () => jobRow({ started_at: '' });
    jobs.change = async () => 'conflict';
    expect(await ask()).toMatchObject({ status: 409, body: { message: expect.stringContaining('kept changing') } });
  });
});

describe('a job that may not', () => {
  it.each([
    [{ status: 'COMPLETED' }, /COMPLETED already/],
    [{ status: 'FAILED' }, /FAILED already/],
    [{ status: 'FAILED', worker_id: 'python-1', checker_schedule_failed: true }, /FAILED already/],
    [{ status: 'CANCELLED' }, /is cancelled already$/],
    [{ status: 'FAILED', withdrawn_reason: 'cancelled' }, /is cancelled already$/],
    [{ status: 'CANCELLED', worker_id: NAME }, /its execution is still collecting/],
    [{ status: 'LOCKED_FOR_CHECKING' }, /only another worker knows/],
    [{ job_type: 'FULL_PIPELINE' }, /of another system/],
    [{ job_type: 'AWAITING_NARRATIVE_BATCH', batch_job_id: 'other' }, /watches a batch of job other: cancel that job/],
    [
      { job_type: 'AWAITING_NARRATIVE_BATCH', batch_job_id: 'other', status: 'PROCESSING', worker_id: 'other-v1-beta' },
      /cancel that job/,
    ],
  ])('such as one with %j is a 409 that says why, and its row stays as it is', async (row, message) => {
    const answer = await cancelled(row);
    expect(answer).toMatchObject({ status: 409, body: { status: 'error', message: expect.stringMatching(message) } });
    expect(answer.changes).toEqual([]);
  });

  it('is a 404 when it does not exist, and a 400 when its id cannot', async () => {
    expect(await cancelled({}, 'nobody')).toMatchObject({ status: 404, changes: [] });
    expect(await cancelled({}, '')).toMatchObject({ status: 400 });
    expect(await cancelled({}, 'x'.repeat(600))).toMatchObject({ status: 400 });
  });
});
