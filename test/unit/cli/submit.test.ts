import { expect, test } from 'vitest';
import { oneLine, useDeployed } from '../../support/cli/deployed.ts';

const deployed = useDeployed();

test('submit writes the row of the server, and refuses a second active job', async () => {
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
  const row = await deployed.jobRow(job_id);
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

test('submit without a database suggests --zid and shows no password', async () => {
  const env = { DATABASE_URL: 'postgres://polis:topsecret@127.0.0.1:1/polis' };
  const said = await deployed.run(['submit', 'raway'], { env });
  expect(said.code).toBe(1);
  expect(said.err).toEqual(oneLine(/^DatabaseAway: .*private network.*--zid/));
  expect(said.err).not.toContain('topsecret');
});

test('a model with a # is a usage error', async () => {
  const said = await deployed.run(['submit', 'rmodel', '--zid', '7', '--model', 'a#b']);
  expect(said.code).toBe(2);
  expect(said.err).toEqual(oneLine(/--model must be a model id/));
});

test('submit --layers asks for the topics of these layers only', async () => {
  const said = await deployed.run(['submit', 'rlayers', '--zid', '7', '--layers', '1, 0,1', '--json']);
  const row = await deployed.jobRow((said.json() as { job_id: string }).job_id);
  expect(JSON.parse(String(row?.job_config)).stages[0].config.layers).toEqual([0, 1]);
  for (const layers of ['', 'all', '-1', '0,', '1.5']) {
    const wrong = await deployed.run(['submit', 'rlayers2', '--zid', '7', `--layers=${layers}`]);
    expect(wrong).toMatchObject({ code: 2, err: oneLine(/layers:? must be layers from 0/) });
  }
});

test('submit writes allow_unpriced to the row only with --allow-unpriced', async () => {
  const configOf = async (args: string[]) => {
    const { job_id } = (await deployed.run(['submit', ...args, '--zid', '7', '--json'])).json() as { job_id: string };
    const row = await deployed.jobRow(job_id);
    return JSON.parse(String(row?.job_config)).stages[0].config;
  };
  expect(await configOf(['rplain'])).not.toHaveProperty('allow_unpriced');
  expect(await configOf(['runpriced', '--model', 'narrator-9', '--allow-unpriced'])).toMatchObject({
    model: 'narrator-9',
    allow_unpriced: true,
  });
});
