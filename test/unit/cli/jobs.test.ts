import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { expect, test } from 'vitest';
import { jobTable } from '../../../lambdas/stores/jobs.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { oneLine } from '../../support/cli/lines.ts';
import { useDeployed } from '../../support/cli/use-deployed.ts';

const deployed = useDeployed();

const put = (Item: Record<string, unknown>) => deployed.db.send(new PutCommand({ TableName: TABLE_NAMES.jobs, Item }));
const rowOf = (jobId: string) => jobTable(deployed.db, TABLE_NAMES.jobs).get(jobId);
let made = 0;
/** A row with a report of its own. */
const aRow = (change: Record<string, unknown> = {}) => {
  const id = `job${made++}`;
  return {
    job_id: id,
    job_type: 'CREATE_NARRATIVE_BATCH',
    status: 'PENDING',
    version: 1,
    conversation_id: '7',
    report_id: `r${id}`,
    worker_id: 'none',
    priority: 50,
    created_at: '2026-11-22T11:00:00.000Z',
    ...change,
  };
};
async function aJob(change: Record<string, unknown> = {}): Promise<string> {
  const row = aRow(change);
  await put(row);
  return row.job_id;
}

test('submit writes the row that the server writes, and refuses a second active job of the report by name', async () => {
  const first = await deployed.run([
    'submit',
    'rnew',
    '--zid',
    '7',
    '--model',
    'claude-opus-5-5',
    '--no-cache',
    '--json',
  ]);
  expect(first.code).toBe(0);
  const { job_id } = first.json() as { job_id: string };
  const row = await rowOf(job_id);
  expect(row).toMatchObject({
    status: 'PENDING',
    version: 1,
    conversation_id: '7',
    report_id: 'rnew',
    worker_id: 'none',
  });
  expect(JSON.parse(String(row?.job_config)).stages[0].config).toMatchObject({
    model: 'claude-opus-5-5',
    no_cache: true,
  });

  const second = await deployed.run(['submit', 'rnew', '--zid', '7']);
  expect(second).toMatchObject({ code: 1, out: '' });
  expect(second.err).toEqual(oneLine(new RegExp(`^JobActive: report rnew already has the active job ${job_id}`)));
});

test('submit with the same idempotency key answers with the same job', async () => {
  const args = ['submit', 'rkey', '--zid', '7', '--idempotency-key', 'monday', '--json'];
  const [first, second] = [await deployed.run(args), await deployed.run(args)];
  expect(second).toMatchObject({ code: 0 });
  expect(second.json()).toEqual({ ...(first.json() as object), deduplicated: true });
});

test('submit where the database cannot be reached offers --zid and tells no password', async () => {
  const env = { DATABASE_URL: 'postgres://polis:topsecret@127.0.0.1:1/polis' };
  const said = await deployed.run(['submit', 'raway'], { env });
  expect(said.code).toBe(1);
  expect(said.err).toEqual(oneLine(/^DatabaseAway: .*private network.*--zid/));
  expect(said.err).not.toContain('topsecret');
});

test('a model that would cut the key of the reports table is wrong use', async () => {
  const said = await deployed.run(['submit', 'rmodel', '--zid', '7', '--model', 'a#b']);
  expect(said.code).toBe(2);
  expect(said.err).toEqual(oneLine(/--model must be a model id/));
});

test('jobs lists narrative jobs of every status, newest first, and leaves out those of other systems', async () => {
  const report_id = 'rlist';
  const older = await aJob({
    report_id,
    status: 'FAILED',
    created_at: '2026-11-20T00:00:00.000Z',
    error_message: 'why',
  });
  const newer = await aJob({ report_id, status: 'PROCESSING', created_at: '2026-11-21T00:00:00.000Z', worker_id: 'x' });
  await aJob({ report_id, job_type: 'FULL_PIPELINE' });
  const said = await deployed.run(['jobs', '--report', report_id, '--zid', '7', '--json']);
  expect(said.json()).toMatchObject([
    { job_id: newer, status: 'PROCESSING' },
    { job_id: older, status: 'FAILED', progress: 'why' },
  ]);
  const failed = await deployed.run(['jobs', '--status', 'failed', '--limit', '1000']);
  expect(failed.out).toMatch(new RegExp(`${older} +FAILED`));
  expect(failed.out).not.toContain(newer);
});

test('jobs tells what an ended job stored, not what its batches were last seen doing', async () => {
  const report_id = 'rended';
  const batch_progress = 'round 1: 0 of 1 open batches ended; 15 processing, 0 succeeded';
  const ended = { report_id, batch_progress, job_results: '{"planned":15,"stored":14}' };
  await aJob({ ...ended, status: 'CANCELLED', created_at: '2026-11-20T00:00:00.000Z' });
  await aJob({ report_id, batch_progress, job_results: '{}', status: 'PROCESSING', worker_id: 'x' });
  const said = await deployed.run(['jobs', '--report', report_id, '--zid', '7', '--json']);
  expect((said.json() as { progress: string }[]).map(({ progress }) => progress)).toEqual([
    batch_progress,
    '14 of 15 sections stored',
  ]);
});

test('jobs leaves out the rows that an execution keeps for its own batches, and shows those of the old pipeline', async () => {
  const report_id = 'rwatch';
  const own = await aJob({ report_id, status: 'PROCESSING' });
  const awaiting = { report_id, job_type: 'AWAITING_NARRATIVE_BATCH', status: 'PROCESSING', batch_id: 'b' };
  const ours = await aJob({ ...awaiting, batch_job_id: own, worker_id: `${own}-v1` });
  const old = await aJob({ ...awaiting, batch_job_id: 'gone', status: 'PENDING' });
  const said = await deployed.run(['jobs', '--report', report_id, '--zid', '7']);
  expect(said.out).toContain(own);
  expect(said.out).toContain(old);
  expect(said.out).not.toMatch(new RegExp(`^${ours} `, 'm'));
});

test('jobs finds the conversation of a report by the job of a stored section', async () => {
  const job_id = await aJob({ report_id: 'rstored', conversation_id: '9', status: 'COMPLETED' });
  const Item = {
    rid_section_model: 'rstored#groups#m',
    timestamp: '2026-11-22T11:00:00Z',
    report_id: 'rstored',
    job_id,
  };
  await deployed.db.send(new PutCommand({ TableName: TABLE_NAMES.reports, Item }));
  const said = await deployed.run(['jobs', '--report', 'rstored', '--json']);
  expect(said.json()).toMatchObject([{ job_id }]);
});

test('cancelling a PENDING job closes it; cancelling it again is refused in one line', async () => {
  const job = await aJob();
  const said = await deployed.run(['cancel', job]);
  expect(said).toMatchObject({ code: 0, out: `job ${job} is cancelled; nothing had been sent\n` });
  expect(await rowOf(job)).toMatchObject({ status: 'CANCELLED', version: 2, process_exit_confirmed: true });
  const again = await deployed.run(['cancel', job]);
  expect(again).toMatchObject({ code: 1, out: '' });
  expect(again.err).toEqual(oneLine(new RegExp(`^WrongStatus: job ${job} is cancelled already$`, 'm')));
  expect(await rowOf(job)).toMatchObject({ version: 2 });
});

test('cancelling a PROCESSING job leaves it to its execution to close', async () => {
  const job = await aJob({ status: 'PROCESSING', version: 2 });
  await put({ ...(await rowOf(job)), worker_id: `${job}-v1` });
  const said = await deployed.run(['cancel', job, '--json']);
  expect(said.json()).toMatchObject({ was: 'PROCESSING', execution: `${job}-v1`, worker: null });
  const row = await rowOf(job);
  expect(row).toMatchObject({ status: 'CANCELLED', version: 3, worker_id: `${job}-v1` });
  expect(row?.process_exit_confirmed).toBeUndefined();
  expect((await deployed.run(['cancel', job])).err).toEqual(oneLine(/already; its execution is still collecting/));
});

test('cancelling says when the cancel reaches the API, or who sees to a paid batch that nobody watches', async () => {
  const running = await aJob({ status: 'PROCESSING', version: 2 });
  await put({ ...(await rowOf(running)), worker_id: `${running}-v1` });
  expect((await deployed.run(['cancel', running])).out).toMatch(
    /within about a minute its execution cancels the batch at the Anthropic API.*\(narratives watch/,
  );
  const failed = await aJob({ status: 'FAILED', process_exit_confirmed: true, checker_schedule_failed: true });
  await put({ ...(await rowOf(failed)), worker_id: `${failed}-v1` });
  expect((await deployed.run(['cancel', failed])).out).toMatch(/the next sweep has it cancelled/);
  expect(await rowOf(failed)).toMatchObject({ status: 'CANCELLED', checker_schedule_failed: true });
});

test('cancelling what another worker holds says that it may not notice', async () => {
  const job = await aJob({ status: 'PROCESSING', worker_id: 'poller-3' });
  expect((await deployed.run(['cancel', job])).out).toMatch(/held by poller-3, which may not notice/);
});

test.each([
  [{ status: 'COMPLETED' }, /is COMPLETED already: there is nothing to cancel/],
  [{ status: 'LOCKED_FOR_CHECKING' }, /which only another worker knows/],
  [{ job_type: 'FULL_PIPELINE' }, /is a FULL_PIPELINE job of another system/],
  [{ job_type: 'AWAITING_NARRATIVE_BATCH', batch_job_id: 'other' }, /watches a batch of job other: cancel that job/],
])('a job with %j is not cancelled', async (change, line) => {
  const job = await aJob(change);
  const before = await rowOf(job);
  const said = await deployed.run(['cancel', job]);
  expect(said.code).toBe(1);
  expect(said.err).toEqual(oneLine(line));
  expect(await rowOf(job)).toEqual(before);
});

test('redrive puts a FAILED job back to PENDING under a new version, whose execution it names', async () => {
  const job = await aJob({ status: 'FAILED', version: 4, worker_id: 'x', process_exit_confirmed: true });
  const said = await deployed.run(['redrive', job, '--json']);
  expect(said.json()).toEqual({ job_id: job, status: 'PENDING', version: 5, execution: `${job}-v5` });
  expect(await rowOf(job)).toMatchObject({ status: 'PENDING', version: 5, worker_id: 'none' });
});

test('redrive takes off the row what its last end and earlier resumes left, but not that a paid batch is unwatched', async () => {
  const job = await aJob({
    status: 'FAILED',
    worker_id: 'x',
    process_exit_confirmed: true,
    resumed: 3,
    execution_redrives: 2,
    execution_status: 'TIMED_OUT',
    error_message: 'ExecutionTimedOut: …',
    completed_at: '2026-11-22T10:00:00.000Z',
    checker_schedule_failed: true,
  });
  expect((await deployed.run(['redrive', job])).code).toBe(0);
  const row = await rowOf(job);
  // until an execution has claimed the row, nobody watches the batch
  expect(row).toMatchObject({ status: 'PENDING', completed_at: '', checker_schedule_failed: true });
  for (const gone of ['resumed', 'execution_redrives', 'execution_status', 'error_message', 'process_exit_confirmed'])
    expect(row).not.toHaveProperty(gone);
});

test.each([
  [{ status: 'FAILED' }, /process_exit_confirmed/],
  [{ status: 'COMPLETED' }, /is COMPLETED: it is done/],
  [{ status: 'CANCELLED' }, /is CANCELLED: it was cancelled/],
  [{ status: 'PENDING' }, /is PENDING: it waits to be started/],
  [{ status: 'PROCESSING' }, /is PROCESSING: it is being worked on/],
])('redrive refuses a job with %j in one line', async (change, line) => {
  const job = await aJob(change);
  const said = await deployed.run(['redrive', job]);
  expect(said.code).toBe(1);
  expect(said.err).toEqual(oneLine(line));
  expect(await rowOf(job)).toMatchObject({ ...change, version: 1 });
});

test('redrive refuses a job beside another one of its report', async () => {
  const report_id = 'rbeside';
  const job = await aJob({ report_id, status: 'FAILED', process_exit_confirmed: true });
  const active = await aJob({ report_id });
  const said = await deployed.run(['redrive', job]);
  expect(said.code).toBe(1);
  expect(said.err).toEqual(oneLine(new RegExp(`^JobActive: report ${report_id} has job ${active} under way`)));
});

test.each(['job', 'watch', 'cancel', 'redrive'])(
  '%s of an unknown job is one line and exit code 1',
  async (command) => {
    const said = await deployed.run([command, 'nobody']);
    expect(said).toMatchObject({ code: 1, out: '' });
    expect(said.err).toEqual(oneLine(/^UnknownJob: there is no job nobody/));
  },
);

test.each([
  ['reports', 'rnone'],
  ['report', 'rnone', '--format', 'md'],
])('%s of a report with 0 sections says so and fails', async (...args) => {
  const said = await deployed.run(args);
  expect(said).toMatchObject({ code: 1, out: '' });
  expect(said.err).toEqual(oneLine(/^UnknownReport: report rnone has 0 stored sections/));
});
