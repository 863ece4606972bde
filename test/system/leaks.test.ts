import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Context } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { serverJob } from '../../lambdas/job/put.ts';
import { stepHandler } from '../../lambdas/runtime/step-handler.ts';
import { customId } from '../../lambdas/shared/names.ts';
import { pack, unpack } from '../../lambdas/shared/packed.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { taskSteps } from '../../local/embedded/steps.ts';
import { stepByStep } from '../support/steps-by-hand.ts';
import { useWorld } from '../support/use-world.ts';
import { MODEL, type World } from '../support/world.ts';

const API_KEY = 'sk-ant-nobody-may-read-this-7d41';
const DATABASE_PASSWORD = 'pw-nobody-may-read-this-9c02';

const world = useWorld({ apiKey: API_KEY, databasePassword: DATABASE_PASSWORD });
let lines: string[] = [];
beforeEach(() => {
  lines = [];
  const keep = (text: unknown) => lines.push(String(text)) > 0;
  vi.spyOn(process.stdout, 'write').mockImplementation(keep);
  vi.spyOn(process.stderr, 'write').mockImplementation(keep);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Runs a job through the handlers that are deployed, with their log; the clients are the world's. */
async function runDeployed(row = world.jobRow(), deps: Partial<World['deps']> = {}) {
  const { log: _, metrics: __, now, ...clients } = { ...world.deps, ...deps };
  const context = { getRemainingTimeInMillis: () => 600_000 } as Context;
  const steps = Object.fromEntries(
    Object.keys(taskSteps(world.deps)).map((name) => {
      const handler = stepHandler(
        // the runtime's own log and figures, and the world's clock
        (given, input) =>
          taskSteps({ ...world.deps, ...given, now } as World['deps'])[name as keyof ReturnType<typeof taskSteps>](
            input,
          ),
        async () => clients,
      );
      return [name, (input: unknown) => handler(input, context)];
    }),
  );
  const ran = await stepByStep(world, steps, row);
  return { ...ran, row: (await world.deps.jobs.get(row.job_id)) ?? {} };
}

/** All that a job shows: its log, its figures, its row, and the error as Lambda's runtime would log it. */
function shownBy({ error, row }: Awaited<ReturnType<typeof runDeployed>>): string {
  const thrown = error && { ...error, name: error.name, message: error.message, stack: error.stack };
  return lines.join('\n') + JSON.stringify(row) + JSON.stringify(thrown ?? '');
}

/** Comments, key and password whose beginning is in a text. */
function leaksIn(text: string): string[] {
  // one of a word or two ("ok") cannot be distinguished from other text
  const beginnings = world.data.comments.map(({ txt }) => txt.slice(0, 24)).filter((txt) => txt.length > 10);
  return [...beginnings, API_KEY, DATABASE_PASSWORD].filter((secret) => text.includes(secret));
}

const someComment = () => world.data.comments[0]?.txt ?? '';

describe('no comment, key or password is leaked', () => {
  it('as a search shows that does find comments in the prompts of the ledger', async () => {
    const { row } = await runDeployed();
    expect(row.status).toBe('COMPLETED');
    const asked = (await world.all(TABLE_NAMES.ledger)).filter(({ prompt }) => prompt instanceof Uint8Array);
    const prompts = asked.map(({ prompt }) => unpack(prompt as Uint8Array)).join();
    expect(leaksIn(prompts).length).toBeGreaterThan(100);
  });

  it('by a job whose answers fail in every way', async () => {
    const row = world.jobRow();
    const kinds = [
      'not_json',
      'wrong_shape',
      'foreign_citations',
      'max_tokens',
      'refusal',
      'errored',
      'malformed_line',
      'null_custom_id',
      'pause_turn',
      'context_window',
      'duplicated',
      'fenced_json',
    ] as const;
    for (const round of [1, 2, 3]) {
      for (const [ordinal, kind] of kinds.entries()) {
        world.standIn.script.result(customId(row.job_id, round, ordinal), { kind });
      }
    }
    const job = await runDeployed(row);
    expect(job.row.status).toBe('COMPLETED');
    expect(JSON.parse(String(job.row.job_results)).failed_count).toBeGreaterThan(5);
    expect(lines.length).toBeGreaterThan(8);
    expect(leaksIn(shownBy(job))).toEqual([]);
  });

  it.each([
    [400, 'AnthropicRefused'],
    [401, 'KeyRefused'],
    [413, 'AnthropicRefused'],
  ])('by a job whose batch the API refuses with %i, and quotes the key', async (status, name) => {
    world.standIn.script.answer('create', status, { message: `the key ${API_KEY} may not do this` });
    const job = await runDeployed();
    expect(job.error?.name).toBe(name);
    expect(job.row.status).toBe('FAILED');
    expect(leaksIn(shownBy(job))).toEqual([]);
  });

  it('by an error that quotes what a client was reading', async () => {
    const comments = async () => JSON.parse(`[{"txt": "${someComment()}" ${someComment()}`);
    const job = await runDeployed(undefined, { conversations: { ...world.deps.conversations, comments } });
    expect(job.error?.name).toBe('SyntaxError');
    expect(job.row.error_message).toMatch(/^SyntaxError: an unexpected SyntaxError/);
    expect(leaksIn(shownBy(job))).toEqual([]);
  });

  it('by an error of the day’s budget while the job ends for another reason', async () => {
    world.standIn.script.answer('create', 400);
    const release = async () => {
      throw new Error(`${someComment()} ${DATABASE_PASSWORD}`);
    };
    const job = await runDeployed(undefined, { spending: { ...world.deps.spending, release } });
    expect(job.error?.name).toBe('AnthropicRefused');
    expect(lines.join('')).toMatch(/the reservation of an unsent round could not be released/);
    expect(leaksIn(shownBy(job))).toEqual([]);
  });

  it('by an error with the connection, the answer and a key attached', async () => {
    const results = async () => {
      throw Object.assign(new Error(`postgres://polis:${DATABASE_PASSWORD}@db/polis`), {
        request: { headers: { 'x-api-key': API_KEY } },
        body: someComment(),
        cause: new Error(someComment()),
      });
    };
    const job = await runDeployed(undefined, { batches: { ...world.deps.batches, results } });
    expect(job.steps).toContain('check-status');
    expect(job.row.status).toBe('FAILED');
    expect(leaksIn(shownBy(job))).toEqual([]);
  });
});

describe('no comment is leaked', () => {
  it('by a job that uses known answers, or by one that finds them damaged', async () => {
    const { report, conversation } = world.data;
    const asked = { report_id: report.report_id, conversation_id: String(conversation.zid), model: MODEL };
    const next = (mark: string) => {
      world.passTime(1);
      return serverJob(asked, new Date(world.now()), mark);
    };
    await runDeployed(next('leak0001'));
    const reusing = await runDeployed(next('leak0002'));
    expect(JSON.parse(String(reusing.row.job_results)).reused).toBeGreaterThan(5);
    expect(leaksIn(shownBy(reusing))).toEqual([]);
    const answers = (await world.all(TABLE_NAMES.ledger)).filter(({ entry }) => String(entry).startsWith('answered#'));
    for (const { job_id, entry } of answers) {
      await world.db.send(
        new UpdateCommand({
          TableName: TABLE_NAMES.ledger,
          Key: { job_id, entry },
          UpdateExpression: 'SET #raw = :raw',
          ExpressionAttributeNames: { '#raw': 'raw' },
          ExpressionAttributeValues: { ':raw': pack(`{"id": "${someComment()}`) },
        }),
      );
    }
    const damaged = await runDeployed(next('leak0003'));
    expect(damaged.error?.name).toBe('NothingStored');
    expect(damaged.row.error_message).toContain('15 gone');
    expect(leaksIn(shownBy(damaged))).toEqual([]);
  });
});

describe('ids', () => {
  it('on every line name the job and, once known, report and batch', async () => {
    const { row } = await runDeployed();
    const log = lines.map((line) => JSON.parse(line)).filter((line) => 'level' in line);
    expect(log.length).toBeGreaterThan(4);
    for (const line of log) {
      const ids = { job_id: row.job_id, execution: `${row.job_id}-v1`, report_id: world.data.report.report_id };
      expect(line).toMatchObject(ids);
    }
    const ofBatch = log.filter(({ message }) => /batch|results|round/.test(message));
    expect(ofBatch.length).toBeGreaterThan(2);
    for (const line of ofBatch) expect(line).toMatchObject({ batch_id: row.batch_id });
  });
});
