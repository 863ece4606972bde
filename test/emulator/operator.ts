import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SAMPLE } from '../../local/sample.ts';
import { putJob, readReport, rowAtEnd, rowOnce } from '../support/emulator/polis.ts';
import { asked, connect, holdBatches, narratives, releaseBatches, skipped } from '../support/emulator/system.ts';

describe.skipIf(skipped)('narratives, asked of the deployed system', () => {
  const system = skipped ? (undefined as never) : connect();
  const run = (...args: string[]) => narratives(system, ...args);
  const json = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(...args, '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout);
  };
  let jobId: string;

  beforeAll(async () => {
    const { code, stdout, stderr } = await run('submit', SAMPLE.report_id, '--no-cache', '--watch', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    jobId = JSON.parse(stdout).job_id;
  });
  afterAll(() => releaseBatches(system));

  it('submit --watch puts the job, and returns when it is COMPLETED', async () => {
    expect(await rowAtEnd(system, jobId)).toMatchObject({ status: 'COMPLETED', version: expect.any(Number) });
    expect((await readReport(system, SAMPLE.report_id)).jobId).toBe(jobId);
  });

  it('jobs, job and batch show the job', async () => {
    expect(JSON.stringify(await json('jobs', '--status', 'COMPLETED'))).toContain(jobId);
    const job = JSON.stringify(await json('job', jobId));
    const { batch_id } = await rowAtEnd(system, jobId);
    expect(job).toContain(String(batch_id));
    expect(JSON.stringify(await json('batch', String(batch_id)))).toMatch(/"ended"/);
  });

  it('reports and report print what the web client gets', async () => {
    expect(JSON.stringify(await json('reports', SAMPLE.report_id))).toContain(jobId);
    const { sections } = await readReport(system, SAMPLE.report_id);
    const answer = JSON.parse((await run('report', SAMPLE.report_id, '--format', 'json')).stdout);
    expect(Object.keys(answer.reports).sort()).toEqual([...sections.keys()].sort());
    const { code, stdout } = await run('report', SAMPLE.report_id, '--format', 'md');
    expect(code).toBe(0);
    expect(stdout).toContain(sections.get('batch_re_global_groups')?.title);
  });

  it('doctor finds everything in order', async () => {
    const { code, stdout, stderr } = await run('doctor', '--report', SAMPLE.report_id);
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
  });

  it('cancel marks a job CANCELLED, and refuses to cancel it again', async () => {
    await holdBatches(system);
    const cancelled = await putJob(system);
    await rowOnce(system, cancelled, ({ batch_id }) => batch_id !== undefined);
    const { batches } = await asked(system);
    expect(await json('cancel', cancelled)).toMatchObject({ status: 'CANCELLED', was: 'PROCESSING' });
    const row = await rowOnce(system, cancelled, ({ process_exit_confirmed }) => process_exit_confirmed === true);
    expect(row).toMatchObject({ status: 'FAILED', withdrawn_reason: 'cancelled from the command line' });
    expect((await asked(system)).batches).toHaveLength(batches.length);
    const again = await run('cancel', cancelled);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toMatch(/cancelled already/);
  });

  it('says in one line that there is no such job', async () => {
    const { code, stderr } = await run('job', 'batch_report_r0_1_00000000');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^[^\n]+batch_report_r0_1_00000000[^\n]*\n$/);
  });
});
