import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { cancelJob } from '../../lambdas/job/cancel.ts';
import { batchRequest } from '../../lambdas/report/request.ts';
import { executionName, legacyCustomId } from '../../lambdas/shared/names.ts';
import { writeAll } from '../../lambdas/stores/dynamodb.ts';
import { STATE, TABLE_NAMES } from '../../lib/names.ts';
import { PIPELINE_RUNS } from '../../local/sample.ts';
import { killed, onNextCall } from '../support/faults.ts';
import { PLAIN } from '../support/old-request.ts';
import { useWorld } from '../support/use-world.ts';
import { type Job, MODEL } from '../support/world.ts';

const world = useWorld();
let jobs = 0;

/** What the Python pipeline leaves behind: a batch, its job PROCESSING, and a PENDING row that waits to be checked. */
async function leftBehind(sections: readonly string[], changes: Record<string, unknown> = {}) {
  const { report, conversation } = world.data;
  const zid = String(conversation.zid);
  const jobId = `batch_report_${report.report_id}_17000000${String(jobs++).padStart(2, '0')}_abcdef01`;
  const requests = sections.map((section) =>
    batchRequest({ customId: legacyCustomId(zid, section), model: MODEL, maxTokens: 8_000, ...PLAIN }),
  );
  const batch = await new Anthropic({ apiKey: 'key', baseURL: world.standIn.url }).messages.batches.create({
    requests,
  });
  await world.putJob({
    ...world.jobRow(),
    job_id: jobId,
    status: 'PROCESSING',
    worker_id: 'python-1',
    version: 4,
    batch_id: batch.id,
    model: MODEL,
  });
  const row = {
    job_id: `batch_check_${jobId}_1700000100`,
    job_type: 'AWAITING_NARRATIVE_BATCH',
    status: 'PENDING',
    version: 1,
    priority: 50,
    worker_id: 'none',
    conversation_id: zid,
    report_id: report.report_id,
    batch_id: batch.id,
    batch_job_id: jobId,
    created_at: '2026-11-22T11:00:00Z',
    logs: JSON.stringify({ entries: [] }),
    ...changes,
  };
  await world.putJob(row);
  await world.settle();
  return {
    jobId,
    submitter: await world.deps.jobs.get(jobId),
    awaiting: await world.ended(row.job_id),
    reports: await world.reports(jobId),
  };
}

const newest = `${PIPELINE_RUNS.newest.uuid}_0_1`;
const older = `${PIPELINE_RUNS.older.uuid}_0_2`;

describe('a PENDING AWAITING row left by the old pipeline', () => {
  it('starts at the wait, and its answers are stored under their sections', async () => {
    const before = world.standIn.batches().length;
    const { awaiting, submitter, reports } = await leftBehind([
      newest,
      older,
      'batch_re_global_groups',
      'batch_re_global_group_informed_consensus',
    ]);
    expect(awaiting.states.slice(0, 4)).toEqual([
      STATE.batchAlreadySubmitted,
      STATE.adoptBatch,
      STATE.submissionRecorded,
      STATE.wait,
    ]);
    expect(reports.map(({ section }) => section).sort()).toEqual(
      [newest, older, 'batch_re_global_group_informed_consensus', 'batch_re_global_groups'].sort(),
    );
    expect(awaiting.row).toMatchObject({ status: 'COMPLETED', process_exit_confirmed: true });
    expect(awaiting.results).toMatchObject({ planned: 4, stored: 4, unfiled_count: 0 });
    expect(submitter).toMatchObject({ status: 'COMPLETED', version: 5, process_exit_confirmed: true });
    expect(world.standIn.batches()).toHaveLength(before + 1);
  });

  it('a custom id that was cut is matched to the one section that begins so', async () => {
    const long = `layer0_${'7'.repeat(80)}`;
    await addTopic(long);
    const { reports } = await leftBehind([long]);
    expect(reports.map(({ section }) => section)).toEqual([long]);
    await removeTopic(long);
  });

  it('a cut custom id that fits two sections, or none, is named as unfiled', async () => {
    const [one, two] = ['a', 'b'].map((end) => `layer0_${'8'.repeat(80)}${end}`) as [string, string];
    await addTopic(one);
    await addTopic(two);
    const { awaiting, reports } = await leftBehind([one, 'gone_run_0_3', newest]);
    expect(reports.map(({ section }) => section)).toEqual([newest]);
    const zid = String(world.data.conversation.zid);
    const unfiled = awaiting.results.unfiled as { why: string; custom_id: string }[];
    expect(unfiled.map(({ custom_id }) => custom_id).sort()).toEqual(
      [legacyCustomId(zid, one), `${zid}_gone_run_0_3`].sort(),
    );
    await removeTopic(one);
    await removeTopic(two);
  });

  it('an answer that cannot be stored is a named failure, and not asked for again', async () => {
    const before = world.standIn.batches().length;
    world.standIn.script.result(legacyCustomId(String(world.data.conversation.zid), newest), { kind: 'not_json' });
    const { awaiting, reports } = await leftBehind([newest, older]);
    expect(awaiting.results).toMatchObject({
      planned: 2,
      stored: 1,
      failed: [{ section: newest, reason: 'not_json' }],
    });
    expect(reports.find((row) => row.section === newest)?.errors).toContain('not_json');
    expect(world.standIn.batches()).toHaveLength(before + 1);
  });

  it('two PENDING rows of one batch leave its sections stored once', async () => {
    const { jobId, awaiting, reports } = await leftBehind([newest, older]);
    await world.putJob({
      ...awaiting.row,
      job_id: `${awaiting.job_id}9`,
      status: 'PENDING',
      version: 1,
      worker_id: 'none',
      checker_schedule_failed: undefined,
    });
    await world.settle();
    const second = await world.deps.jobs.get(`${awaiting.job_id}9`);
    expect(second).toMatchObject({ status: 'FAILED' });
    expect(second?.error_message).toMatch(/^InvalidJobRow: batch \w+ is already watched/);
    expect(second?.checker_schedule_failed).toBeUndefined();
    expect(await world.reports(jobId)).toEqual(reports);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['without a batch_id', { batch_id: undefined }, /^InvalidJobRow: row \w+ lacks batch_id/],
    ['of another conversation', { conversation_id: '7' }, /^ReportMismatch/],
    [
      'whose batch is gone',
      { batch_id: 'msgbatch_gone' },
      /^BatchNotFound: the Anthropic API does not find batch msgbatch_gone/,
    ],
  ])('%s fails with one clear error', async (_name, changes, message) => {
    const { awaiting, submitter } = await leftBehind([newest], changes);
    expect(awaiting.row).toMatchObject({ status: 'FAILED' });
    expect(awaiting.row.error_message).toMatch(message);
    expect(awaiting.row.checker_schedule_failed).toBe(
      'batch_id' in changes && changes.batch_id === undefined ? undefined : true,
    );
    expect(submitter).toMatchObject({ status: 'PROCESSING', version: 4 });
  });
});

describe('an AWAITING row of the old pipeline that is cancelled while it is watched here', () => {
  it('has its batch cancelled, and the job that sent it ends withdrawn too', async () => {
    world.processing.finishedShare = 0.5;
    onNextCall(world.deps.batches, 'status', {
      before: async () => {
        const [row] = (await world.all(TABLE_NAMES.jobs)).filter(
          ({ job_type, status }) => job_type === 'AWAITING_NARRATIVE_BATCH' && status === 'PROCESSING',
        );
        const deps = { jobs: world.deps.jobs, now: world.deps.now, stage: '', by: 'by a test' };
        expect(await cancelJob(deps, String(row?.job_id))).toMatchObject({ kind: 'cancelled' });
      },
    });
    const { awaiting, submitter, reports } = await leftBehind([newest, older]);
    expect(awaiting.row).toMatchObject({
      status: 'FAILED',
      withdrawn_reason: 'cancelled by a test',
      process_exit_confirmed: true,
    });
    expect(awaiting.results).toMatchObject({ planned: 2, stored: 1, failed: [{ reason: 'canceled' }] });
    expect(submitter).toMatchObject({ status: 'FAILED', withdrawn_reason: 'cancelled by a test' });
    expect(reports).toEqual([]);
  });

  it('whose execution is lost as well is resumed by a new one', async () => {
    Object.assign(world.processing, { secondsPerBatch: 3_600, finishedShare: 1 / 2 });
    onNextCall(world.deps.batches, 'status', {
      before: async () => {
        const [row] = (await world.all(TABLE_NAMES.jobs)).filter(
          ({ job_type, status }) => job_type === 'AWAITING_NARRATIVE_BATCH' && status === 'PROCESSING',
        );
        const { job_id, version } = row as Job;
        await world.deps.jobs.change(job_id, { status: 'PROCESSING', version }, { status: 'CANCELLED' });
        world.machine().abort(executionName(job_id, 1));
        killed();
      },
    });
    const { awaiting, jobId } = await leftBehind([newest, older]);
    expect(awaiting.row).toMatchObject({ status: 'CANCELLED' });
    world.passTime(360);
    await world.sweep();
    await world.settle();
    const { row, results } = await world.ended(awaiting.job_id);
    expect(row).toMatchObject({
      status: 'FAILED',
      withdrawn_reason: 'cancelled',
      process_exit_confirmed: true,
      resumed: 1,
    });
    expect(results).toMatchObject({ planned: 2, stored: 1 });
    expect(await world.deps.jobs.get(jobId)).toMatchObject({ status: 'FAILED', process_exit_confirmed: true });
  });
});

async function addTopic(topic_key: string) {
  const row = {
    conversation_id: String(world.data.conversation.zid),
    topic_key,
    layer_id: 0,
    cluster_id: 1,
    topic_name: 'Long',
    created_at: '2020-01-01T00:00:00',
  };
  await writeAll(world.db, TABLE_NAMES.topicNames, [{ PutRequest: { Item: row } }]);
}

async function removeTopic(topic_key: string) {
  await writeAll(world.db, TABLE_NAMES.topicNames, [
    { DeleteRequest: { Key: { conversation_id: String(world.data.conversation.zid), topic_key } } },
  ]);
}
