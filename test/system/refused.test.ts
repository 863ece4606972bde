import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { MAX_REFUSALS } from '../../lambdas/batch/wait.ts';
import { microUsd } from '../../lambdas/money/money.ts';
import { InvalidRow } from '../../lambdas/shared/errors.ts';
import { customId } from '../../lambdas/shared/names.ts';
import { fail } from '../../lambdas/steps/fail.ts';
import { writeAll } from '../../lambdas/stores/dynamodb.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import type { ConversationData } from '../../local/conversation.ts';
import { useWorld } from '../support/use-world.ts';

/** Calls of a step until the state machine takes a key for refused. */
const TRIES_OF_A_ROTATION = 8;

const world = useWorld();

type Changes = Record<string, unknown>;

/** Runs a job that must be refused: one clear error, and nothing sent, planned or stored. */
async function refused(changes: Changes | (() => Changes)): Promise<string> {
  const before = world.standIn.batches().length;
  const job = await world.run(typeof changes === 'function' ? changes() : changes);
  expect(job.row).toMatchObject({ status: 'FAILED', process_exit_confirmed: true });
  expect(job.row.checker_schedule_failed).toBeUndefined();
  expect(world.standIn.batches()).toHaveLength(before);
  expect(await world.rowsOf(job.job_id)).toEqual({ ledger: [], reports: [] });
  return String(job.row.error_message);
}

/** The server's job_config with some fields of its config changed. */
const configWith = (changes: Changes): Changes => {
  const config = JSON.parse(String(world.jobRow().job_config));
  Object.assign(config.stages[0].config, changes);
  return { job_config: JSON.stringify(config) };
};

const withData = async (changes: Partial<ConversationData>): Promise<string> => {
  let message = '';
  await world.withData(changes, async () => {
    message = await refused({});
  });
  return message;
};

describe('a job that cannot be right fails with one clear error before anything is spent', () => {
  it.each<[string, () => Changes, RegExp]>([
    [
      'an unknown report',
      () => ({ report_id: 'rnobody', ...configWith({ report_id: 'rnobody' }) }),
      /^ReportMismatch: report rnobody is not in PostgreSQL/,
    ],
    [
      'a report linked to another zid',
      () => ({ conversation_id: '99' }),
      /^ReportMismatch: report \w+ belongs to another conversation/,
    ],
    [
      'a job_config for another report',
      () => configWith({ report_id: 'rother' }),
      /^ReportMismatch: job_config.report_id rother/,
    ],
    [
      'job_config that is not JSON',
      () => ({ job_config: '{"stages": [' }),
      /^InvalidJobConfig: job_config is not JSON/,
    ],
    [
      'job_config with a field of another type',
      () => configWith({ max_batch_size: 'many' }),
      /^InvalidJobConfig: .*stages\.0\.config\.max_batch_size/,
    ],
    [
      'no report_id anywhere',
      () => ({ report_id: undefined, ...configWith({ report_id: undefined }) }),
      /^ReportMismatch: the job names no report_id/,
    ],
  ])('%s', async (_name, changes, message) => {
    expect(await refused(changes)).toMatch(message);
  });

  it('votes whose sign is not that of the math', async () => {
    const votes = world.data.votes.map((row) => ({ ...row, vote: (0 - row.vote) as typeof row.vote }));
    expect(await withData({ votes })).toMatch(/^VoteSignMismatch: agrees and disagrees are swapped/);
  });

  it('no comments', async () =>
    expect(await withData({ comments: [] })).toMatch(/^ConversationNotReady: the conversation has no comments/));
  it('no votes', async () =>
    expect(await withData({ votes: [] })).toMatch(/^ConversationNotReady: the conversation has no votes/));

  it('no math', async () => {
    const { math } = world.data;
    expect(await withData({ math: { ...math, math_env: 'dev' } })).toMatch(
      /^ConversationNotReady: the conversation has no math_main row for the configured math_env/,
    );
  });

  it('math without a key it needs', async () => {
    const { 'group-aware-consensus': _, ...data } = world.data.math.data;
    expect(await withData({ math: { ...world.data.math, data: data as typeof world.data.math.data } })).toMatch(
      /^ConversationNotReady: math_main\.data is incomplete \(group-aware-consensus/,
    );
  });

  it('one opinion group', async () => {
    const { math } = world.data;
    const data = { ...math.data, 'group-clusters': math.data['group-clusters'].slice(0, 1) };
    expect(await withData({ math: { ...math, data } })).toMatch(/^ConversationNotReady: the math has 1 opinion group/);
  });

  it('a price over the budget, with both figures', async () => {
    world.settings.jobBudget = microUsd(0.01);
    const message = await refused({});
    world.settings.jobBudget = undefined;
    expect(message).toMatch(
      /^OverBudget: the job could cost up to \$\d+\.\d\d, which is over the job budget of \$0\.01/,
    );
  });

  it('no topics, or topics half written', async () => {
    const { zid } = world.data.conversation;
    const query = new QueryCommand({
      TableName: TABLE_NAMES.topicNames,
      KeyConditionExpression: 'conversation_id = :id',
      ExpressionAttributeValues: { ':id': String(zid) },
    });
    const { Items: rows = [] } = await world.db.send(query);
    const key = ({ conversation_id, topic_key }: Changes) => ({
      DeleteRequest: { Key: { conversation_id, topic_key } },
    });
    const put = (row: Changes) => ({ PutRequest: { Item: row } });
    await writeAll(world.db, TABLE_NAMES.topicNames, rows.map(key));
    expect(await refused({})).toMatch(/^ConversationNotReady: the conversation has no topics/);
    const newest = world.data.topicNames.toSorted((a, b) => b.created_at.localeCompare(a.created_at)).at(0);
    if (!newest) throw new Error('the sample has no topics');
    await writeAll(world.db, TABLE_NAMES.topicNames, rows.filter((row) => row.topic_key !== newest.topic_key).map(put));
    expect(await refused({})).toMatch(/^ConversationNotReady: the newest topics are half written: 1 cluster/);
    await writeAll(world.db, TABLE_NAMES.topicNames, [put({ ...newest, topic_name: '' })]);
    expect(await refused({})).toMatch(/^InvalidRow: topic row .* is half written \(topic_name/);
    await writeAll(world.db, TABLE_NAMES.topicNames, [put({ ...newest })]);
    expect((await world.run()).row.status).toBe('COMPLETED');
  });

  it('a wrong key: refused at the first question, in words', async () => {
    world.standIn.script.answer('models', 401, { times: TRIES_OF_A_ROTATION });
    expect(await refused({})).toMatch(/^KeyRefused: the Anthropic API refuses \(HTTP 401.*check the key/);
  });
});

describe('odd data that is not wrong', () => {
  it('votes of pids that no group holds count overall only', async () => {
    const { votes } = world.data;
    const strangers = Array.from({ length: 40 }, (_, index) => ({
      pid: 90_000 + index,
      tid: 0,
      vote: -1 as const,
      created: 1,
    }));
    await world.withData({ votes: [...strangers, ...votes] }, async () => {
      const job = await world.run();
      expect(job.row.status).toBe('COMPLETED');
    });
  });

  it('math with floats and numbers as text is read as what it is', async () => {
    const { math } = world.data;
    const odd = JSON.parse(JSON.stringify(math.data)) as Record<string, unknown>;
    odd.tids = math.data.tids.map(String);
    odd['group-clusters'] = math.data['group-clusters'].map((group) => ({ ...group, id: `${group.id}.0` }));
    await world.withData({ math: { ...math, data: odd as unknown as typeof math.data } }, async () => {
      expect((await world.run()).results).toMatchObject({ stored: 15 });
    });
  });
});

describe('a refusal that comes after the money is spent', () => {
  it.each([
    [404, MAX_REFUSALS + 1, /^BatchNotFound: the Anthropic API does not find batch msgbatch_\w+ .*redrive/],
    [401, TRIES_OF_A_ROTATION, /^KeyRefused: .*HTTP 401/],
    [403, 1, /^AnthropicRefused: .*HTTP 403/],
    [400, 1, /^AnthropicRefused: .*invalid_request_error: Your credit balance is too low.*check billing/],
  ])(
    'HTTP %i on the status, %i times, fails the job in words and says that a paid batch is unwatched',
    async (status, times, message) => {
      world.standIn.script.answer('retrieve', status, {
        times,
        ...(status === 400 ? { message: 'Your credit balance is too low' } : {}),
      });
      const job = await world.run();
      expect(job.row).toMatchObject({ status: 'FAILED', checker_schedule_failed: true, process_exit_confirmed: true });
      expect(job.row.error_message).toMatch(message);
      expect(job.row.error_message).toContain(String(job.row.batch_id));
      const awaiting = (await world.all(TABLE_NAMES.jobs)).filter((row) => row.batch_job_id === job.job_id);
      expect(awaiting).toMatchObject([{ status: 'FAILED', process_exit_confirmed: true }]);
    },
  );

  it.each([
    ['retrieve', 404, MAX_REFUSALS],
    ['results', 404, MAX_REFUSALS],
    ['retrieve', 401, TRIES_OF_A_ROTATION - 1],
    ['results', 401, TRIES_OF_A_ROTATION - 1],
    ['create', 401, TRIES_OF_A_ROTATION - 1],
  ] as const)(
    'on %s, HTTP %i that passes after %i times is waited for, and nothing is bought twice',
    async (call, status, times) => {
      const before = world.standIn.batches().length;
      world.standIn.script.answer(call, status, { times });
      const job = await world.run();
      expect(job.row.status).toBe('COMPLETED');
      expect(job.results).toMatchObject({ stored: 15, rounds: 1 });
      expect(world.standIn.batches()).toHaveLength(before + 1);
    },
  );

  it('a page of a gateway on status and results is waited for', async () => {
    world.standIn.script.page('retrieve', 404, { times: 3 }).page('results', 403, { times: 3 }).page('retrieve', 200);
    expect((await world.run()).results).toMatchObject({ stored: 15, rounds: 1 });
  });

  it('put back to PENDING, the job continues with the batch it has paid for', async () => {
    world.standIn.script.answer('retrieve', 403);
    const failed = await world.run();
    const before = world.standIn.batches().length;
    await world.db.send(
      new PutCommand({
        TableName: TABLE_NAMES.jobs,
        Item: { ...failed.row, status: 'PENDING', version: Number(failed.row.version) + 1 },
      }),
    );
    await world.settle();
    const row = (await world.deps.jobs.get(failed.job_id)) ?? {};
    expect(row).toMatchObject({ status: 'COMPLETED' });
    expect(row.checker_schedule_failed).toBeUndefined();
    expect(row.error_message).toBeUndefined();
    expect(JSON.parse(String(row.job_results))).toMatchObject({ stored: 15, rounds: 1 });
    expect(world.standIn.batches()).toHaveLength(before);
  });

  it.each([429, 500, 529])('HTTP %i on the status is a longer wait and not a failure', async (status) => {
    world.standIn.script.answer('retrieve', status, { times: 4, retryAfterSeconds: 90 });
    const waits = world.waits.length;
    const job = await world.run();
    expect(job.results).toMatchObject({ stored: 15, rounds: 1 });
    expect(world.waits.slice(waits)).toContain(90);
  });
});

describe('a budget', () => {
  it('is kept over the rounds: what does not fit is not asked for again', async () => {
    world.settings.jobBudget = microUsd(1.5);
    const row = world.jobRow();
    const before = world.standIn.batches().length;
    for (let ordinal = 0; ordinal < 15; ordinal++) {
      world.standIn.script.result(customId(row.job_id, 1, ordinal), { kind: 'max_tokens' });
    }
    await world.putJob(row);
    await world.settle();
    world.settings.jobBudget = undefined;
    world.standIn.script.clear();
    expect(world.standIn.batches()).toHaveLength(before + 1);
    expect((await world.ended(row.job_id)).row.error_message).toMatch(
      /^NothingStored: none of 15 sections could be written \(15 truncated/,
    );
  });
});

describe('the last net', () => {
  it('closes the row though the ledger cannot be read, and names its batch', async () => {
    world.standIn.script.answer('retrieve', 403);
    const { ledger } = world.deps;
    const { plan } = ledger;
    const row = world.jobRow();
    ledger.plan = async (jobId) => {
      const jobRow = await world.deps.jobs.get(jobId);
      if (jobRow?.batch_id && jobId === row.job_id) throw new InvalidRow('ledger row: entry: odd');
      return plan(jobId);
    };
    await world.putJob(row);
    await world.settle();
    ledger.plan = plan;
    const failed = (await world.deps.jobs.get(row.job_id)) ?? {};
    expect(failed).toMatchObject({ status: 'FAILED', checker_schedule_failed: true, process_exit_confirmed: true });
    expect(failed.error_message).toContain(String(failed.batch_id));
  });

  it('closes a row that has become unreadable while it was ours', async () => {
    const row = world.jobRow({ status: 'PROCESSING', worker_id: 'e', conversation_id: 'abc' });
    await world.deps.jobs.putNew(row);
    const error = { Error: 'InvalidJobRow', Cause: JSON.stringify({ errorMessage: 'conversation_id: odd' }) };
    await fail(world.deps, { job_id: row.job_id, job_type: row.job_type, version: 1, execution: 'e', error });
    expect(await world.deps.jobs.get(row.job_id)).toMatchObject({ status: 'FAILED', process_exit_confirmed: true });
  });
});
