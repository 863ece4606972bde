import Anthropic from '@anthropic-ai/sdk';
import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Forecast } from '../../../cli/forecast.ts';
import { parseJobConfig } from '../../../lambdas/job/config.ts';
import { planJob } from '../../../lambdas/job/plan.ts';
import type { JobRow } from '../../../lambdas/shared/job-row.ts';
import { answerKey } from '../../../lambdas/shared/names.ts';
import { postgresPool } from '../../../lambdas/stores/postgres.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { loadPostgres, loadTopics } from '../../../local/embedded/polis.ts';
import { startPostgres } from '../../../local/embedded/postgres.ts';
import { stepWorld } from '../../../local/embedded/steps.ts';
import { sampleConversation } from '../../../local/sample.ts';
import { startStandIn } from '../../../stand-in/server.ts';
import { oneLine, outputs, useDeployed } from '../../support/cli/deployed.ts';
import { allRows } from '../../support/readers.ts';

const KEY = 'stand-in-key';
const data = sampleConversation();
const { report_id } = data.report;
const deployed = useDeployed();
let postgres: Awaited<ReturnType<typeof startPostgres>>;
let standIn: Awaited<ReturnType<typeof startStandIn>>;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  postgres = await startPostgres({});
  const pool = postgresPool(postgres.url);
  await loadPostgres(pool, data);
  await pool.end();
  await loadTopics(deployed.db, data);
  standIn = await startStandIn({ apiKey: KEY });
});
afterAll(async () => {
  await standIn.close();
  await postgres.stop();
});
beforeEach(async () => {
  env = { DATABASE_URL: postgres.url, ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: standIn.url };
  deployed.aws.calls['CloudFormation.DescribeStacks'] = () => deployed.stackAnswer(outputs());
  for (const table of [TABLE_NAMES.jobs, TABLE_NAMES.ledger])
    for (const { job_id, entry } of await allRows(deployed.db, table))
      await deployed.db.send(new DeleteCommand({ TableName: table, Key: entry ? { job_id, entry } : { job_id } }));
});

const submit = (args: string[] = [], more: NodeJS.ProcessEnv = {}) =>
  deployed.run(['submit', report_id, ...args], { env: { ...env, ...more } });
const nothingWritten = async () => {
  expect(await allRows(deployed.db, TABLE_NAMES.jobs)).toEqual([]);
  expect(await allRows(deployed.db, TABLE_NAMES.ledger)).toEqual([]);
};

test('submit --dry-run shows sections and price, and writes nothing', async () => {
  const said = await submit(['--dry-run']);
  expect(said).toMatchObject({ code: 0, err: '' });
  expect(said.out).toMatch(/^report \w+ would have 15 sections, written by claude-sonnet-5-5\n/);
  expect(said.out.match(/^ {2}to buy {2}\S.* \(.+\)$/gm)).toHaveLength(15);
  expect(said.out).toMatch(
    /^15 to buy, about [\d,]+ input tokens: about \$\d+\.\d{4} \(\$\d+\.\d{4} of it in later rounds\), at most \$\d+\.\d{4}/m,
  );
  expect(said.out).toMatch(/nothing was written or sent\n$/);
  for (const { txt } of data.comments.filter(({ txt }) => txt.length > 20)) expect(said.out).not.toContain(txt);
  await nothingWritten();
});

/** The hash of the first section's question. */
async function firstQuestion(row: JobRow): Promise<string> {
  const pool = postgresPool(postgres.url);
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const settings = {
    jobBudget: undefined,
    dayBudget: undefined,
    unpricedModels: [],
    defaultModel: '',
    modelAliases: new Map(),
    unknownModel: 'use default' as const,
    claims: true,
    claimsReadBack: false,
    ledgerDays: 1,
  };
  const anthropic = new Anthropic({ apiKey: KEY, baseURL: standIn.url });
  const { sections } = await planJob(
    stepWorld({ db: deployed.db, pool, anthropic, log, settings }),
    row,
    parseJobConfig(row.job_config, ''),
  );
  await pool.end();
  return sections[0]?.prompt_hash ?? '';
}

test('submit --dry-run shows which sections would be reused, and what that saves', async () => {
  const first = (await submit(['--json'])).json() as { job_id: string };
  const row = await deployed.jobRow(first.job_id);
  const hash = await firstQuestion(row as JobRow);
  const answer = { job_id: 'earlier', entry: 'answered#1#000000', cost_micro_usd: 12_300 };
  await deployed.db.send(new PutCommand({ TableName: TABLE_NAMES.ledger, Item: { ...answerKey(hash), answer } }));
  const forecast = (await submit(['--dry-run', '--json'])).json() as Forecast;
  expect(forecast).toMatchObject({ reused: 1, to_buy: 14, reused_saved_usd: 0.0123 });
  expect(forecast.sections.map(({ reused }) => reused)).toEqual([true, ...Array(14).fill(false)]);
  expect((await submit(['--dry-run', '--json', '--no-cache'])).json()).toMatchObject({ reused: 0, to_buy: 15 });
});

test.each([
  [
    'a model that the API does not know',
    ['--model', 'claude-nobody-1'],
    {},
    /^WouldFail: .*does not know the model "claude-nobody-1": choose another with --model/,
  ],
  ['a key that is refused', [], { ANTHROPIC_API_KEY: 'wrong' }, /^WouldFail: a job of report \w+ would fail \(\w+\)/],
])('submit refuses %s, and puts no row', async (_, args, more, line) => {
  for (const flags of [[], ['--dry-run']]) {
    const said = await submit([...args, ...flags], more);
    expect({ code: said.code, err: said.err }).toEqual({ code: 1, err: oneLine(line) });
  }
  await nothingWritten();
});

test('submit refuses what is over the day budget', async () => {
  const output = { ...outputs(), DayBudgetUsd: '0.01' };
  deployed.aws.calls['CloudFormation.DescribeStacks'] = () => deployed.stackAnswer(output);
  expect((await submit()).err).toEqual(oneLine(/^WouldFail: .*OverBudget.*day budget/));
  await nothingWritten();
});

test('submit refuses a conversation without topics, and an unknown report', async () => {
  const TableName = TABLE_NAMES.topicNames;
  for (const { conversation_id, topic_key } of await allRows(deployed.db, TableName))
    await deployed.db.send(new DeleteCommand({ TableName, Key: { conversation_id, topic_key } }));
  const said = await submit();
  await loadTopics(deployed.db, data);
  expect(said.err).toEqual(oneLine(/^WouldFail: .*ConversationNotReady/));
  const unknown = await deployed.run(['submit', 'rnobody'], { env });
  expect(unknown.err).toEqual(oneLine(/^UnknownReport: there is no report rnobody/));
  await nothingWritten();
});

test('submit puts the job when the API cannot be asked from here, and says so', async () => {
  const said = await submit([], { ANTHROPIC_BASE_URL: 'http://127.0.0.1:1' });
  expect(said.code).toBe(0);
  const dry = await submit(['--dry-run'], { ANTHROPIC_BASE_URL: 'http://127.0.0.1:1' });
  expect(dry.out).toMatch(/^not checked: whether the Anthropic API knows the model/m);
});

test('submit names the active job before it plans another', async () => {
  expect((await submit()).code).toBe(0);
  expect((await submit(['--model', 'claude-nobody-1'])).err).toEqual(oneLine(/^JobActive/));
});

test('submit --dry-run does not go with --watch', async () => {
  expect((await submit(['--dry-run', '--watch'])).code).toBe(2);
});
