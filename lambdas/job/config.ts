import * as z from 'zod';
import { InvalidJobConfig } from '../shared/errors.ts';
import { CREATE_BATCH } from '../shared/job-row.ts';
import { jsonOrUndefined, parseOr } from '../shared/parse.ts';

const CONFIG_STAGE = 'CREATE_NARRATIVE_BATCH_CONFIG_STAGE';

/** Requests in one batch when the job does not say: what the Polis server writes. */
const DEFAULT_MAX_BATCH_SIZE = 20;

const configSchema = z.strictObject({
  model: z.string().min(1).nullish(),
  max_batch_size: z.number().int().min(1).max(100_000).nullish(),
  no_cache: z.boolean().nullish(),
  report_id: z.string().min(1).nullish(),
  include_moderation: z.boolean().nullish(),
  exclude_comment_selections: z.boolean().nullish(),
  layers: z.array(z.number().int().nonnegative()).min(1).nullish(),
  allow_unpriced: z.boolean().nullish(),
});

const jobConfigSchema = z.strictObject({
  job_type: z.literal(CREATE_BATCH).optional(),
  stages: z
    .array(z.strictObject({ stage: z.literal(CONFIG_STAGE), config: configSchema }))
    .length(1, 'must hold exactly one stage'),
});

/** What a job asks for, with the server's defaults filled in. */
export interface JobConfig {
  model: string;
  /** requests in one batch at most */
  max_batch_size: number;
  no_cache: boolean;
  report_id: string | undefined;
  /** true drops comments that moderators rejected (mod = -1) */
  include_moderation: boolean;
  /** false keeps comments that were deselected for the report */
  exclude_comment_selections: boolean;
  /** topic layers to write about; undefined = every layer */
  layers: number[] | undefined;
  /** true uses a model that the price list does not know: no budget can count what it costs */
  allow_unpriced: boolean;
}

/**
 * Parses the `job_config` attribute.
 * @throws InvalidJobConfig naming the field and what to do
 */
export function parseJobConfig(jobConfig: string | null | undefined, defaultModel: string): JobConfig {
  if (!jobConfig)
    throw new InvalidJobConfig('job_config is missing: put the row in again as the Polis server writes it');
  const value = jsonOrUndefined(jobConfig);
  if (value === undefined)
    throw new InvalidJobConfig('job_config is not JSON: put the row in again as the Polis server writes it');
  const config = parseOr(
    jobConfigSchema,
    value,
    (line) =>
      new InvalidJobConfig(
        `job_config is not as the Polis server writes it (${line}): fix the field, then redrive the job`,
      ),
  ).stages[0]?.config;
  return {
    model: config?.model ?? defaultModel,
    max_batch_size: config?.max_batch_size ?? DEFAULT_MAX_BATCH_SIZE,
    no_cache: config?.no_cache ?? false,
    report_id: config?.report_id ?? undefined,
    include_moderation: config?.include_moderation ?? false,
    exclude_comment_selections: config?.exclude_comment_selections ?? true,
    layers: config?.layers ?? undefined,
    allow_unpriced: config?.allow_unpriced ?? false,
  };
}
