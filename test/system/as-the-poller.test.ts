import { beforeEach, describe, expect, it } from 'vitest';
import { microUsd } from '../../lambdas/money/money.ts';
import { useWorld } from '../support/use-world.ts';
import { MODEL, UNPRICED } from '../support/world.ts';

const world = useWorld();
beforeEach(() => {
  world.settings.defaultModel = MODEL;
});

const logOf = (row: Record<string, unknown>): string[] =>
  JSON.parse(String(row.logs)).entries.map(({ message }: { message: string }) => message);
const modelsAsked = () =>
  new Set(world.standIn.batches().flatMap(({ requests }) => requests.map(({ params }) => params.model)));
const withModel = (model: string) => ({ job_config: JSON.stringify({ model, no_cache: true }) });

describe('a job row as the old poller takes it', () => {
  it.each([
    ['without a job_config', undefined],
    ['with an empty one', '{}'],
    [
      'of Delphi, which names its own job and gives text for numbers',
      JSON.stringify({ parent_job_id: 'job-1', max_batch_size: '5' }),
    ],
  ])('%s is written', async (_how, job_config) => {
    const job = await world.run({ job_config });
    expect(job.row.status).toBe('COMPLETED');
    expect(logOf(job.row).join()).not.toContain('not used');
  });

  it('says once in its log what nobody reads, and is written', async () => {
    const job = await world.run({
      job_config: JSON.stringify({ temperature: 1, max_batch_size: '5', no_cache: 'yes' }),
    });
    expect(job.row.status).toBe('COMPLETED');
    expect(logOf(job.row).filter((line) => line.includes('temperature'))).toEqual([
      'job_config holds what is not known and not used: temperature',
    ]);
    expect(Math.max(...job.bought)).toBe(5);
  });
});

describe('a model that the API does not know', () => {
  it('is replaced by the default model; the row says so and names the one used', async () => {
    const job = await world.run(withModel('claude-opus-4-20250514'));
    expect(job.row).toMatchObject({ status: 'COMPLETED', model: MODEL });
    expect(logOf(job.row)).toContain(
      `the Anthropic API does not know the model claude-opus-4-20250514: the default model ${MODEL} is used`,
    );
    expect(job.reports.every(({ model }) => model === MODEL)).toBe(true);
  });

  it('fails the job when the settings say so', async () => {
    world.settings.unknownModel = 'refuse';
    const job = await world.run(withModel('claude-opus-4-20250514'));
    expect(job.row.error_message).toMatch(/^UnknownModel: .*"claude-opus-4-20250514"/);
  });

  it('fails the job when the default model is not known either', async () => {
    world.settings.defaultModel = 'claude-nonesuch';
    const other = await world.run(withModel('claude-opus-4-20250514'));
    expect(other.row.error_message).toMatch(
      /^UnknownModel: .*"claude-opus-4-20250514", nor the default model "claude-nonesuch"/,
    );
    const none = await world.run({ job_config: '{"no_cache": true}' });
    expect(none.row.error_message).toMatch(/^UnknownModel: .*"claude-nonesuch"/);
  });

  it('is priced as the model that is used', async () => {
    world.settings.jobBudget = microUsd(1_000);
    world.settings.defaultModel = UNPRICED;
    const job = await world.run(withModel('claude-opus-4-20250514'));
    expect(job.row.error_message).toMatch(/^OverBudget: the price list does not know the model "narrator-9"/);
  });
});

describe('a model that another stands in for', () => {
  it('is not asked; row and reports name the one that is used', async () => {
    world.settings.modelAliases = new Map([['claude-opus-4-20250514', 'claude-opus-5-5']]);
    const before = modelsAsked();
    const job = await world.run(withModel('claude-opus-4-20250514'));
    expect(job.row).toMatchObject({ status: 'COMPLETED', model: 'claude-opus-5-5' });
    expect(logOf(job.row)).toContain(
      'model claude-opus-4-20250514: claude-opus-5-5 is used in its place (modelAliases)',
    );
    expect(job.reports.every(({ model }) => model === 'claude-opus-5-5')).toBe(true);
    expect([...modelsAsked()].filter((model) => !before.has(model))).toEqual(['claude-opus-5-5']);
  });

  it('may be the default model', async () => {
    world.settings.modelAliases = new Map([['claude-old', MODEL]]);
    world.settings.defaultModel = 'claude-old';
    const job = await world.run(withModel('claude-nonesuch'));
    expect(job.row).toMatchObject({ status: 'COMPLETED', model: MODEL });
  });
});
