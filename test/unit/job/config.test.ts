import { describe, expect, test } from 'vitest';
import { ignoredNote, type JobConfig, parseJobConfig } from '../../../lambdas/job/config.ts';
import { InvalidJobConfig } from '../../../lambdas/shared/errors.ts';
import { errorOf } from '../../support/readers.ts';

const STAGE = 'CREATE_NARRATIVE_BATCH_CONFIG_STAGE';
const text = (config: unknown, outside: Record<string, unknown> = {}) =>
  JSON.stringify({ job_type: 'CREATE_NARRATIVE_BATCH', stages: [{ stage: STAGE, config }], ...outside });
const parsed = (jobConfig: string | null | undefined) => parseJobConfig(jobConfig, 'default-model');
const messageOf = async (jobConfig: string | undefined) => {
  const error = await errorOf(() => parsed(jobConfig));
  expect(error).toBeInstanceOf(InvalidJobConfig);
  return error.message;
};
const DEFAULTS: JobConfig = {
  model: 'default-model',
  max_batch_size: 20,
  no_cache: false,
  report_id: undefined,
  include_moderation: false,
  exclude_comment_selections: true,
  layers: undefined,
  allow_unpriced: false,
  claims: undefined,
  ignored: [],
};

describe('a job’s configuration', () => {
  test('the row that the server writes is taken as it is', () => {
    const row =
      '{"job_type":"CREATE_NARRATIVE_BATCH","stages":[{"stage":"CREATE_NARRATIVE_BATCH_CONFIG_STAGE","config":{"model":"claude-sonnet-5","max_batch_size":30,"no_cache":true,"report_id":"r6xyz","include_moderation":true,"exclude_comment_selections":false}}]}';
    expect(parsed(row)).toEqual({
      ...DEFAULTS,
      model: 'claude-sonnet-5',
      max_batch_size: 30,
      no_cache: true,
      report_id: 'r6xyz',
      include_moderation: true,
      exclude_comment_selections: false,
    });
  });

  test('what is left out, null or empty has its default', () => {
    expect(parsed(text({}))).toEqual(DEFAULTS);
    const { ignored: _, ...options } = DEFAULTS;
    for (const nothing of [null, '', ' '])
      expect(parsed(text(Object.fromEntries(Object.keys(options).map((key) => [key, nothing]))))).toEqual(DEFAULTS);
  });

  test.each([undefined, null, '', ' ', '{}', 'null', '{"stages":null}', '{"stages":[]}', '{"job_type":null}'])(
    '%j asks for the defaults',
    (jobConfig) => {
      expect(parsed(jobConfig)).toEqual(DEFAULTS);
    },
  );

  test('a stage without a config, and one whose config is JSON text, can be read', () => {
    expect(parsed(JSON.stringify({ stages: [{ stage: STAGE }] }))).toEqual(DEFAULTS);
    expect(parsed(JSON.stringify({ stages: [{ stage: STAGE, config: null }] }))).toEqual(DEFAULTS);
    expect(parsed(text('{"max_batch_size": 7}')).max_batch_size).toBe(7);
  });

  test('a job that Delphi puts names its own job, which means nothing here', () => {
    const row = text({ model: 'claude-sonnet-5', include_moderation: false }, { parent_job_id: 'job-1' });
    expect(parsed(row)).toEqual({ ...DEFAULTS, model: 'claude-sonnet-5' });
  });

  test('options are read beside the stages as well, and what a stage says goes first', () => {
    const options = { model: 'claude-sonnet-5', max_batch_size: 5, no_cache: true, include_moderation: true };
    expect(parsed(JSON.stringify(options))).toEqual({ ...DEFAULTS, ...options });
    expect(parsed(text({ max_batch_size: 9, no_cache: null }, options))).toEqual({
      ...DEFAULTS,
      ...options,
      max_batch_size: 9,
    });
    expect(parsed(JSON.stringify({ report_id: 'r6xyz', exclude_comment_selections: false, layers: [1] }))).toEqual({
      ...DEFAULTS,
      report_id: 'r6xyz',
      exclude_comment_selections: false,
      layers: [1],
    });
  });

  test.each([
    ['5', 5],
    [' 5 ', 5],
    ['5.0', 5],
    [5, 5],
    [100_000, 100_000],
    ['100000', 100_000],
  ])('%j requests in a batch are %i', (max_batch_size, size) => {
    expect(parsed(text({ max_batch_size })).max_batch_size).toBe(size);
    expect(parsed(JSON.stringify({ max_batch_size })).max_batch_size).toBe(size);
  });

  test.each([
    [true, true],
    [false, false],
    ['true', true],
    ['false', false],
    ['True', true],
    ['False', false],
    ['1', true],
    ['0', false],
    [1, true],
    [0, false],
    ['yes', true],
    ['no', false],
    [' YES ', true],
    ['on', true],
    ['off', false],
  ])('%j is %s', (given, meant) => {
    for (const field of ['no_cache', 'include_moderation', 'exclude_comment_selections', 'allow_unpriced'] as const) {
      expect(parsed(text({ [field]: given }))[field]).toBe(meant);
      expect(parsed(JSON.stringify({ [field]: given }))[field]).toBe(meant);
    }
  });

  test.each([
    [
      [0, 2],
      [0, 2],
    ],
    [
      ['2', 0, 0],
      [0, 2],
    ],
    ['0,1', [0, 1]],
    [' 1 , 0 ', [0, 1]],
    ['0', [0]],
  ])('the layers %j are %j', (layers, expected) => {
    expect(parsed(text({ layers })).layers).toEqual(expected);
  });
});

describe('what nobody reads', () => {
  test('is ignored and named by its place, at every depth', () => {
    const row = JSON.stringify({
      job_type: 'FULL_PIPELINE',
      extra: 1,
      max_batch_size: '5',
      stages: [
        null,
        { stage: 'UMAP', config: { n: 1 } },
        { stage: STAGE, config: { temperature: 1 }, more: 1 },
        { stage: STAGE, config: { max_batch_size: 3 } },
      ],
    });
    const { max_batch_size, ignored } = parsed(row);
    expect(max_batch_size).toBe(5);
    expect(ignored).toEqual(['extra', 'stages.0', 'stages.1', 'stages.3', 'stages.2.config.temperature']);
  });

  test('is one line of the row’s log that names ten places at most', () => {
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`key${at}`, 'sk-secret']));
    const line = ignoredNote(parsed(JSON.stringify(many)));
    expect(line).toMatch(/not used: key0, .*key9 and 2 more$/);
    expect(line).not.toContain('sk-secret');
    expect(ignoredNote(parsed('{}'))).toBeUndefined();
  });
});

describe('a configuration that cannot be read', () => {
  test.each([
    ['model', 5],
    ['max_batch_size', 'many'],
    ['max_batch_size', 0],
    ['max_batch_size', '0'],
    ['max_batch_size', -1],
    ['max_batch_size', 100_001],
    ['max_batch_size', '100001'],
    ['max_batch_size', 2.5],
    ['max_batch_size', '0x10'],
    ['max_batch_size', [5]],
    ['max_batch_size', true],
    ['no_cache', 'perhaps'],
    ['no_cache', 2],
    ['allow_unpriced', {}],
    ['report_id', 7],
    ['include_moderation', 'maybe'],
    ['exclude_comment_selections', []],
    ['layers', []],
    ['layers', 0],
    ['layers', [-1]],
    ['layers', [0.5]],
    ['layers', 'all'],
    ['layers', '0,,1'],
  ])('%s: %j gives one error that names the field and what to do', async (field, value) => {
    const inStage = await messageOf(text({ [field]: value }));
    expect(inStage).toContain(`stages.0.config.${field}`);
    expect(inStage.split('stages.0.config')).toHaveLength(2);
    expect(inStage).toContain('redrive the job');
    expect(await messageOf(JSON.stringify({ [field]: value }))).toContain(`(${field}`);
  });

  test('two bad fields are named in the one error', async () => {
    const message = await messageOf(text({ model: 5, no_cache: 5 }));
    expect(message).toContain('config.model');
    expect(message).toContain('config.no_cache');
  });

  test.each(['[]', '5', '"text"', 'true', '{"stages":5}', '{"stages":{}}', '{"stages":"x"}'])(
    '%s is refused',
    async (jobConfig) => {
      await messageOf(jobConfig);
    },
  );

  test('one that is not JSON is refused, also as the config of a stage', async () => {
    expect(await messageOf('{"stages":')).toContain('not JSON');
    expect(await messageOf(text('{"max'))).toContain('stages.0.config: must be an object');
    expect(await messageOf(text(5))).toContain('stages.0.config: must be an object');
  });

  test('a value is never repeated in the error: it may be private', async () => {
    expect(await messageOf(text({ no_cache: 'sk-secret' }))).not.toContain('sk-secret');
  });
});
