import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type StandIn, startStandIn } from '../../../stand-in/server.ts';
import { Command, command, EXPORT, oneLine, tempFolder } from '../../support/start/command.ts';
import { reportIn } from '../../support/start/report-files.ts';

const KEY = 'key-of-this-test';
const PRICE =
  /\d+ sections, about [\d,]+ input tokens, model claude-\S+: about \$\d+\.\d\d \(\$\d+\.\d\d of it in later rounds\), at most \$\d+\.\d\d/;
const state = tempFolder();
let api: StandIn;

beforeAll(async () => {
  api = await startStandIn({ apiKey: KEY });
});
afterAll(() => api.close());
beforeEach(() => {
  api.calls.length = 0;
});

const args = (...more: string[]) => ['--export', EXPORT, '--state', state, ...more];
const env = (more: NodeJS.ProcessEnv = {}) => ({ ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: api.url, ...more });
const sent = () => api.calls.filter(({ method }) => method === 'POST');

/** In this order on one state folder: nothing is left behind by a run that sent nothing. */
describe('a run that would cost money', () => {
  it('shows the price and sends nothing when nobody can be asked', async () => {
    const { code, stdout, stderr } = await command(args(), { env: env() });
    expect({ code, stderr }).toEqual({ code: 2, stderr: oneLine(/no terminal to ask on: add --yes/) });
    expect(stdout).toMatch(PRICE);
    expect(stdout).not.toContain('SIMULATED');
    expect(sent()).toEqual([]);
  });

  it('sends nothing when the answer on the terminal is no', async () => {
    const run = new Command(args(), { env: env(), terminal: true });
    await run.said(/\[y\/N\]/);
    run.child.stdin?.write('n\n');
    const { code, stdout, stderr } = await run.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/\$\d[\s\S]*\[y\/N\][\s\S]*nothing was sent and nothing was paid\n$/);
    expect(sent()).toEqual([]);
  });

  it('sends nothing when the terminal is closed at the question', async () => {
    const run = new Command(args(), { env: env(), terminal: true });
    await run.said(/\[y\/N\]/);
    run.child.stdin?.end();
    expect(await run.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing was sent') });
    expect(sent()).toEqual([]);
  });

  it.each([
    ['a wrong key', [], { ANTHROPIC_API_KEY: 'wrong' }, /KeyRefused: .*HTTP 401.*the API key is wrong/],
    ['a model that does not exist', ['--model', 'claude-nobody'], {}, /UnknownModel: .*"claude-nobody".*--model/],
    ['a budget that is too low', [], { JOB_BUDGET_USD: '0.01' }, /OverBudget: .*up to \$\d\.\d\d.*budget of \$0\.01/],
    ['a day’s budget that is', [], { DAY_BUDGET_USD: '0.01' }, /OverBudget: .*up to \$\d\.\d\d.*day budget of \$0\.01/],
  ])('ends with one line and sends nothing with %s', async (_, flags, variables, line) => {
    expect(await command(args('--yes', ...flags), { env: env(variables) })).toMatchObject({
      code: 1,
      stderr: oneLine(line),
    });
    expect(sent()).toEqual([]);
  });

  it('shows the price before it sends the batch, and which model wrote the report', async () => {
    const { code, stdout, stderr } = await command(args('--yes', '--model', 'claude-opus-4-8'), { env: env() });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/of it in later rounds\), at most \$\d+\.\d\d[\s\S]*Submit batch\n/);
    expect(stdout).toMatch(/COMPLETED: (\d+) of \1 sections stored, .*, cost \$\d+\.\d{4}, \d+ s/);
    expect(stdout).toContain(api.url);
    expect(sent().map(({ path }) => path)).toEqual(['/v1/messages/batches']);
    const { markdown, answer } = reportIn(join(state, 'real', 'reports'));
    expect(markdown).toMatch(/^# .*\n\n> Written by claude-opus-4-8\.\n/);
    expect(`${markdown}${stdout}`).not.toMatch(/simulated/i);
    expect(answer.available_runs).toEqual([
      expect.objectContaining({ model: 'claude-opus-4-8', sectionCount: expect.any(Number) }),
    ]);
  });

  it('resumes the unwatched batch of a failed job and does not pay again', async () => {
    const before = api.batches().length;
    api.script.answer('retrieve', 403);
    const failed = await command(args('--yes'), { env: env() });
    expect(failed).toMatchObject({ code: 1, stdout: expect.stringContaining('left unwatched') });
    const { code, stdout } = await command(args('--yes'), { env: env() });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/resuming batch_report_/) });
    expect(stdout).toMatch(/(\d+) of \1 sections stored/);
    expect(api.batches().length - before).toBe(1);
  });
});
