import { describe, expect, test } from 'vitest';
import { parseJobConfig } from '../../../lambdas/job/config.ts';
import { InvalidJobConfig } from '../../../lambdas/shared/errors.ts';
import { errorOf } from '../../support/readers.ts';

const STAGE = 'CREATE_NARRATIVE_BATCH_CONFIG_STAGE';
const text = (config: unknown, outside: Record<string, unknown> = {}) =>
  JSON.stringify({ job_type: 'CREATE_NARRATIVE_BATCH', stages: [{ stage: STAGE, config }], ...outside });
const messageOf = async (jobConfig: string | undefined) => {
  const error = await errorOf(() => parseJobConfig(jobConfig, 'default-model'));
  expect(error).toBeInstanceOf(InvalidJobConfig);
  return error.message;
};

describe('a job’s configuration', () => {
  test('the row that the server writes is taken as it is', () => {
    const row =
      '{"job_type":"CREATE_NARRATIVE_BATCH","stages":[{"stage":"CREATE_NARRATIVE_BATCH_CONFIG_STAGE","config":{"model":"claude-sonnet-5","max_batch_size":30,"no_cache":true,"report_id":"r6xyz","include_moderation":true,"exclude_comment_selections":false}}]}';
    expect(parseJobConfig(row, 'default-model')).toEqual({
      model: 'claude-sonnet-5',
      max_batch_size: 30,
      no_cache: true,
      report_id: 'r6xyz',
      include_moderation: true,
      exclude_comment_selections: false,
      layers: undefined,
      allow_unpriced: false,
    });
  });

  test('what is left out, or null, has its default', () => {
    const defaults = {
      model: 'default-model',
      max_batch_size: 20,
      no_cache: false,
      report_id: undefined,
      include_moderation: false,
      exclude_comment_selections: true,
      layers: undefined,
      allow_unpriced: false,
    };
    expect(parseJobConfig(text({}), 'default-model')).toEqual(defaults);
    const nulls = Object.fromEntries(Object.keys(defaults).map((key) => [key, null]));
    expect(parseJobConfig(text(nulls, { job_type: undefined }), 'default-model')).toEqual(defaults);
  });

  test('a model without a price can be allowed', () => {
    expect(parseJobConfig(text({ allow_unpriced: true }), 'default-model').allow_unpriced).toBe(true);
  });

  test('layer 0 can be asked for', () => {
    expect(parseJobConfig(text({ layers: [0, 2] }), 'default-model').layers).toEqual([0, 2]);
  });
});

describe('a configuration that is not as the server writes it', () => {
  test.each([
    ['model', ''],
    ['model', 5],
    ['max_batch_size', 0],
    ['max_batch_size', 100_001],
    ['max_batch_size', 2.5],
    ['max_batch_size', '20'],
    ['no_cache', 'yes'],
    ['allow_unpriced', 1],
    ['report_id', ''],
    ['report_id', 7],
    ['include_moderation', 1],
    ['exclude_comment_selections', 'false'],
    ['layers', []],
    ['layers', 0],
    ['layers', [-1]],
    ['layers', [0.5]],
  ])('%s: %j gives one error that names the field and what to do', async (field, value) => {
    const message = await messageOf(text({ [field]: value }));
    expect(message).toContain(`stages.0.config.${field}`);
    expect(message.split('stages.0.config')).toHaveLength(2);
    expect(message).toContain('redrive the job');
  });

  test('two bad fields are named in the one error', async () => {
    const message = await messageOf(text({ model: 5, no_cache: 5 }));
    expect(message).toContain('config.model');
    expect(message).toContain('config.no_cache');
  });

  test('a field that nobody knows is named, at every depth', async () => {
    expect(await messageOf(text({ modle: 'x' }))).toContain('unknown "modle"');
    expect(await messageOf(text({}, { extra: 1 }))).toContain('unknown "extra"');
    expect(await messageOf(JSON.stringify({ stages: [{ stage: STAGE, config: {}, more: 1 }] }))).toContain(
      'unknown "more"',
    );
  });

  test('a missing one, an empty one and one that is not JSON are told apart', async () => {
    expect(await messageOf(undefined)).toContain('missing');
    expect(await messageOf('')).toContain('missing');
    expect(await messageOf('{"stages":')).toContain('not JSON');
  });

  test.each(['null', '[]', '5', '"text"', '{}', '{"stages":null}', '{"stages":[]}'])(
    '%s is refused',
    async (jobConfig) => {
      await messageOf(jobConfig);
    },
  );

  test('no stage, two stages and another stage are refused by name', async () => {
    const stage = { stage: STAGE, config: {} };
    expect(await messageOf(JSON.stringify({ stages: [] }))).toContain('stages: must hold exactly one stage');
    expect(await messageOf(JSON.stringify({ stages: [stage, stage] }))).toContain(
      'stages: must hold exactly one stage',
    );
    expect(await messageOf(JSON.stringify({ stages: [{ ...stage, stage: 'UMAP' }] }))).toContain('stages.0.stage');
    expect(await messageOf(text({}, { job_type: 'FULL_PIPELINE' }))).toContain('job_type');
  });

  test('a value is never repeated in the error: it may be private', async () => {
    expect(await messageOf(text({ no_cache: 'sk-secret' }))).not.toContain('sk-secret');
  });
});
