import { expect, test } from 'vitest';
import { oneLine, useDeployed } from '../../support/cli/deployed.ts';

const deployed = useDeployed();

test('cancelling a PENDING job closes it; cancelling it again is refused in one line', async () => {
  const job = await deployed.putJob();
  const said = await deployed.run(['cancel', job]);
  expect(said).toMatchObject({ code: 0, out: `job ${job} is cancelled; nothing had been sent\n` });
  expect(await deployed.jobRow(job)).toMatchObject({ status: 'FAILED', version: 2, process_exit_confirmed: true });
  expect(await deployed.jobRow(job)).toMatchObject({ withdrawn_reason: 'cancelled from the command line' });
  const again = await deployed.run(['cancel', job]);
  expect(again).toMatchObject({ code: 1, out: '' });
  expect(again.err).toEqual(oneLine(new RegExp(`^WrongStatus: job ${job} is cancelled already$`, 'm')));
  expect(await deployed.jobRow(job)).toMatchObject({ version: 2 });
});

test('cancelling a PROCESSING job leaves it to its execution to close', async () => {
  const job = await deployed.putJob({ status: 'PROCESSING', version: 2 });
  await deployed.putJob({ ...(await deployed.jobRow(job)), worker_id: `${job}-v1` });
  const said = await deployed.run(['cancel', job, '--json']);
  expect(said.json()).toMatchObject({ was: 'PROCESSING', execution: `${job}-v1`, worker: null });
  const row = await deployed.jobRow(job);
  expect(row).toMatchObject({ status: 'CANCELLED', version: 3, worker_id: `${job}-v1` });
  expect(row?.process_exit_confirmed).toBeUndefined();
  expect((await deployed.run(['cancel', job])).err).toEqual(oneLine(/already; its execution is still collecting/));
});

test('cancelling says when the batch is cancelled, and by what', async () => {
  const running = await deployed.putJob({ status: 'PROCESSING', version: 2 });
  await deployed.putJob({ ...(await deployed.jobRow(running)), worker_id: `${running}-v1` });
  expect((await deployed.run(['cancel', running])).out).toMatch(
    /within about a minute its execution cancels the batch at the Anthropic API.*\(narratives watch/,
  );
  const failed = await deployed.putJob({
    status: 'FAILED',
    process_exit_confirmed: true,
    checker_schedule_failed: true,
  });
  await deployed.putJob({ ...(await deployed.jobRow(failed)), worker_id: `${failed}-v1` });
  expect((await deployed.run(['cancel', failed])).out).toMatch(/the next sweep has it cancelled/);
  expect(await deployed.jobRow(failed)).toMatchObject({ status: 'CANCELLED', checker_schedule_failed: true });
});

test('cancelling what another worker holds says that it may not notice', async () => {
  const job = await deployed.putJob({ status: 'PROCESSING', worker_id: 'poller-3' });
  expect((await deployed.run(['cancel', job])).out).toMatch(/held by poller-3, which may not notice/);
});

test.each([
  [{ status: 'COMPLETED' }, /is COMPLETED already: there is nothing to cancel/],
  [{ status: 'LOCKED_FOR_CHECKING' }, /which only another worker knows/],
  [{ job_type: 'FULL_PIPELINE' }, /is a FULL_PIPELINE job of another system/],
  [{ job_type: 'AWAITING_NARRATIVE_BATCH', batch_job_id: 'other' }, /watches a batch of job other: cancel that job/],
])('a job with %j is not cancelled', async (change, line) => {
  const job = await deployed.putJob(change);
  const before = await deployed.jobRow(job);
  const said = await deployed.run(['cancel', job]);
  expect(said.code).toBe(1);
  expect(said.err).toEqual(oneLine(line));
  expect(await deployed.jobRow(job)).toEqual(before);
});
