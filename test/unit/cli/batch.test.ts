import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStandIn } from '../../../stand-in/server.ts';
import { oneLine, runMain } from '../../support/cli/deployed.ts';

let standIn: Awaited<ReturnType<typeof startStandIn>>;
beforeAll(async () => {
  standIn = await startStandIn({ apiKey: 'stand-in-key' });
});
afterAll(() => standIn.close());

test('an unknown batch id is an error without advice about a job', async () => {
  const env = { ANTHROPIC_API_KEY: 'stand-in-key', ANTHROPIC_BASE_URL: standIn.url };
  const said = await runMain(['batch', 'msgbatch_01typo', '--region', 'eu-west-1'], { env });
  expect(said).toMatchObject({ code: 1, out: '' });
  expect(said.err).toEqual(oneLine(/^BatchNotFound: the Anthropic API has no batch msgbatch_01typo: check the id/));
  expect(said.err).not.toContain('PENDING');
});

test('an unreachable Anthropic API is an error that says what to do', async () => {
  const env = { ANTHROPIC_API_KEY: 'stand-in-key', ANTHROPIC_BASE_URL: 'http://127.0.0.1:1' };
  const said = await runMain(['batch', 'msgbatch_01', '--region', 'eu-west-1'], { env });
  expect(said).toMatchObject({ code: 1, out: '' });
  expect(said.err).toEqual(oneLine(/could not be reached: try again later, or check .*ANTHROPIC_BASE_URL/));
});
