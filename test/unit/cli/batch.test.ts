import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStandIn } from '../../../stand-in/server.ts';
import { runMain } from '../../support/cli/deployed.ts';
import { oneLine } from '../../support/cli/lines.ts';

let standIn: Awaited<ReturnType<typeof startStandIn>>;
beforeAll(async () => {
  standIn = await startStandIn({ apiKey: 'stand-in-key' });
});
afterAll(() => standIn.close());

test('a batch id that Anthropic does not know is told as that, without advice about a job', async () => {
  const env = { ANTHROPIC_API_KEY: 'stand-in-key', ANTHROPIC_BASE_URL: standIn.url };
  const said = await runMain(['batch', 'msgbatch_01typo', '--region', 'eu-west-1'], { env });
  expect(said).toMatchObject({ code: 1, out: '' });
  expect(said.err).toEqual(oneLine(/^BatchNotFound: the Anthropic API knows no batch msgbatch_01typo: check the id/));
  expect(said.err).not.toContain('PENDING');
});

test('an Anthropic API that cannot be reached is told with what to do', async () => {
  const env = { ANTHROPIC_API_KEY: 'stand-in-key', ANTHROPIC_BASE_URL: 'http://127.0.0.1:1' };
  const said = await runMain(['batch', 'msgbatch_01', '--region', 'eu-west-1'], { env });
  expect(said).toMatchObject({ code: 1, out: '' });
  expect(said.err).toEqual(oneLine(/could not be reached: try again later, or correct .*ANTHROPIC_BASE_URL/));
});
