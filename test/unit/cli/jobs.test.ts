import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { expect, test } from 'vitest';
import { API_AWAITED } from '../../../lambdas/batch/wait.ts';
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

test.each([
  'waits to find out what became of a submission: the call was reset',
  API_AWAITED,
  'waits for job batch_report_rother_1 of the same report to end, and then uses what that has bought',
])('jobs and job show of a job under way that it %s', async (batch_progress) => {
  const report_id = `rwaits${batch_progress.length}`;
  const job = await deployed.putJob({ report_id, batch_progress, status: 'PROCESSING', worker_id: 'x' });
  const listed = await deployed.run(['jobs', '--report', report_id, '--zid', '7']);
  expect(listed.out).toContain(batch_progress);
  const shown = await deployed.run(['job', job]);
  expect(shown.out).toMatch(new RegExp(`^batch_progress +${batch_progress}$`, 'm'));
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;

test('no command prints control characters of a row', async () => {
  const evil = 'a\u001b[2J\u009b31m\u202eb\rc\u0007';
  const report_id = 'revil';
  const texts = { error_message: evil, batch_progress: evil, model: evil, batch_id: evil, withdrawn_reason: undefined };
  const logs = JSON.stringify({ entries: [{ timestamp: evil, level: 'INFO', message: evil }] });
  const job = await deployed.putJob({ ...texts, logs, report_id, status: 'FAILED', worker_id: evil });
  const odd = await deployed.putJob({ ...texts, report_id, status: evil });
  const row = {
    rid_section_model: `${report_id}#${evil}#${evil}`,
    timestamp: evil,
    report_id,
    job_id: evil,
    errors: evil,
  };
  await deployed.db.send(
    new PutCommand({ TableName: TABLE_NAMES.reports, Item: { ...row, metadata: { topic_name: evil } } }),
  );
  const commands = [
    ['jobs', '--report', report_id, '--zid', '7'],
    ['job', job],
    ['job', odd],
    ['watch', job],
    ['cancel', odd],
    ['redrive', odd],
    ['publish', odd],
    ['reports', report_id],
    ['report', report_id],
    ['report', report_id, '--job', evil],
    ['erase', '--conversation', '4711', '--report', report_id],
  ];
  for (const command of commands)
    for (const flags of [[], ['--json']]) {
      const said = await deployed.run([...command, ...flags]);
      expect({ command, found: CONTROL.exec(said.out + said.err) }).toEqual({ command, found: null });
      expect(said.out + said.err).not.toBe('');
    }
  const json = await deployed.run(['jobs', '--report', report_id, '--zid', '7', '--json']);
  expect((json.json() as { model: string }[]).map(({ model }) => model)).toEqual([evil, evil]);
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
