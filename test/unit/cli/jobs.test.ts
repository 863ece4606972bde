import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { expect, test } from 'vitest';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { useDeployed } from '../../support/cli/deployed.ts';

const deployed = useDeployed();

test('jobs lists narrative jobs of every status, newest first', async () => {
  const report_id = 'rlist';
  const older = await deployed.putJob({
    report_id,
    status: 'FAILED',
    created_at: '2026-11-20T00:00:00.000Z',
    error_message: 'why',
  });
  const newer = await deployed.putJob({
    report_id,
    status: 'PROCESSING',
    created_at: '2026-11-21T00:00:00.000Z',
    worker_id: 'x',
  });
  await deployed.putJob({ report_id, job_type: 'FULL_PIPELINE' });
  const said = await deployed.run(['jobs', '--report', report_id, '--zid', '7', '--json']);
  expect(said.json()).toMatchObject([
    { job_id: newer, status: 'PROCESSING' },
    { job_id: older, status: 'FAILED', progress: 'why' },
  ]);
  const failed = await deployed.run(['jobs', '--status', 'failed', '--limit', '1000']);
  expect(failed.out).toMatch(new RegExp(`${older} +FAILED`));
  expect(failed.out).not.toContain(newer);
});

test('jobs shows what an ended job stored, not its last batch progress', async () => {
  const report_id = 'rended';
  const batch_progress = 'round 1: 0 of 1 open batches ended; 15 processing, 0 succeeded';
  const ended = { report_id, batch_progress, job_results: '{"planned":15,"stored":14}' };
  await deployed.putJob({ ...ended, status: 'CANCELLED', created_at: '2026-11-20T00:00:00.000Z' });
  await deployed.putJob({ report_id, batch_progress, job_results: '{}', status: 'PROCESSING', worker_id: 'x' });
  const said = await deployed.run(['jobs', '--report', report_id, '--zid', '7', '--json']);
  expect((said.json() as { progress: string }[]).map(({ progress }) => progress)).toEqual([
    batch_progress,
    '14 of 15 sections stored',
  ]);
});

test('jobs leaves out rows of batches that an execution watches, but not those of the old pipeline', async () => {
  const report_id = 'rwatch';
  const own = await deployed.putJob({ report_id, status: 'PROCESSING' });
  const awaiting = { report_id, job_type: 'AWAITING_NARRATIVE_BATCH', status: 'PROCESSING', batch_id: 'b' };
  const ours = await deployed.putJob({ ...awaiting, batch_job_id: own, worker_id: `${own}-v1` });
  const old = await deployed.putJob({ ...awaiting, batch_job_id: 'gone', status: 'PENDING' });
  const said = await deployed.run(['jobs', '--report', report_id, '--zid', '7']);
  expect(said.out).toContain(own);
  expect(said.out).toContain(old);
  expect(said.out).not.toMatch(new RegExp(`^${ours} `, 'm'));
});

test('jobs finds the conversation of a report by a stored section', async () => {
  const job_id = await deployed.putJob({ report_id: 'rstored', conversation_id: '9', status: 'COMPLETED' });
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
