import { beforeAll, describe, expect, it } from 'vitest';
import { executionName, globalSection, topicSection } from '../../lambdas/shared/names.ts';
import { SAMPLE, sampleConversation } from '../../local/sample.ts';
import { endedExecution, historyOf, putJob, readReport, rowAtEnd, statesOf } from '../support/emulator/polis.ts';
import { asked, connect, skipped, stackOutputs } from '../support/emulator/system.ts';
import { pathOfJob } from '../support/readers.ts';

describe.skipIf(skipped)('a job row put into the table of the deployed system', () => {
  const system = skipped ? (undefined as never) : connect();
  let jobId: string;
  let row: Record<string, unknown>;
  let batchesBefore: number;
  let machineArn: string;

  beforeAll(async () => {
    machineArn = (await stackOutputs(system)).DelphiNarratives?.StateMachineArn as string;
    batchesBefore = (await asked(system)).batches.length;
    jobId = await putJob(system);
    row = await rowAtEnd(system, jobId);
  });

  it('ends COMPLETED, every planned section stored and paid for in one batch', async () => {
    expect(row.error_message).toBeUndefined();
    const results = JSON.parse(String(row.job_results));
    expect(row).toMatchObject({ status: 'COMPLETED', process_exit_confirmed: true, completed_at: expect.any(String) });
    expect(results).toMatchObject({ planned: 15, stored: 15, failed_count: 0 });
    const { batches } = await asked(system);
    expect(batches.slice(batchesBefore)).toEqual([{ id: row.batch_id, requests: 15 }]);
  });

  it('leaves every section where and as the web client reads it', async () => {
    const { topicNames, comments } = sampleConversation();
    const newest = topicNames.reduce((a, b) => (a.created_at > b.created_at ? a : b)).topic_key.split('#')[0];
    const topics = topicNames.filter(({ topic_key }) => topic_key.startsWith(`${newest}#`));
    const globals = (['groups', 'group_informed_consensus', 'uncertainty'] as const).map((kind) =>
      globalSection('batch_report_', kind),
    );
    const { jobId: newestJob, sections } = await readReport(system, SAMPLE.report_id);
    expect(newestJob).toBe(jobId);
    expect(globals[0]).toBe('batch_re_global_groups');
    expect([...sections.keys()].sort()).toEqual(
      [...topics.map(({ topic_key }) => topicSection(topic_key)), ...globals].sort(),
    );

    const tids = new Set(comments.map(({ tid }) => tid));
    const cited = [...sections.values()].flatMap(({ paragraphs }) =>
      paragraphs.flatMap(({ sentences }) => sentences.flatMap(({ clauses }) => clauses.flatMap((c) => c.citations))),
    );
    expect(cited.filter((tid) => !tids.has(tid))).toEqual([]);
  });

  it('is one succeeded execution in Step Functions, with the states of its history', async () => {
    const { status, arn } = await endedExecution(system, machineArn, executionName(jobId, 1));
    expect(status).toBe('SUCCEEDED');
    expect(row.worker_id).toBe(executionName(jobId, 1));
    expect(statesOf(await historyOf(system, arn))).toEqual(pathOfJob(1));
  });

  it('is not bought again: a second job stores the same sections', async () => {
    const { sections } = await readReport(system, SAMPLE.report_id);
    const { batches } = await asked(system);
    const again = await putJob(system, undefined, {}, false);
    const after = await rowAtEnd(system, again);
    expect(after).toMatchObject({ status: 'COMPLETED', model: row.model });
    const [figures, details] = [after.job_results, after.job_details].map((text) => JSON.parse(String(text)));
    const { reused_saved_usd, ...results } = { ...figures, ...details };
    expect(results).toMatchObject({ planned: 15, stored: 15, reused: 15, rounds: 0, cost_usd: 0 });
    expect(reused_saved_usd).toBeGreaterThan(0);
    expect(await readReport(system, SAMPLE.report_id)).toEqual({ jobId: again, sections });
    expect((await asked(system)).batches).toEqual(batches);
  });
});
