import * as z from 'zod';
import { InvalidJobConfig } from '../shared/errors.ts';
import { jsonOrUndefined, problems } from '../shared/parse.ts';
import { plainLabel } from '../shared/plain-text.ts';

const CONFIG_STAGE = 'CREATE_NARRATIVE_BATCH_CONFIG_STAGE';

/** Requests in one batch when the job does not say: what the Polis server writes. */
const DEFAULT_MAX_BATCH_SIZE = 20;
/** The most that one batch of the API takes. */
export const MAX_BATCH_SIZE = 100_000;

const YES = new Set(['true', '1', 'yes', 'y', 'on', 't']);
const NO = new Set(['false', '0', 'no', 'n', 'off', 'f']);
export const FLAG = 'must be true or false';
export const SIZE = `must be a whole number from 1 to ${MAX_BATCH_SIZE}`;
export const LAYERS = 'must be a list of layers from 0, such as [0, 1]';
export const TEXT = 'must be text';

/** The server passes on what a request holds, so numbers and words come as text, too. */
const wholeNumber = (says: string) =>
  z
    .union(
      [
        z.number(),
        z
          .string()
          .trim()
          .regex(/^\d+(\.0+)?$/)
          .transform(Number),
      ],
      says,
    )
    .pipe(z.number(says).int(says));
const flag = z
  .union([z.boolean(), z.number(), z.string()], FLAG)
  .transform((value) => String(value).trim().toLowerCase())
  .refine((word) => YES.has(word) || NO.has(word), FLAG)
  .transform((word) => YES.has(word));
const layerList = z
  .preprocess(
    (value) => (typeof value === 'string' ? value.split(',') : value),
    z.array(wholeNumber(LAYERS).pipe(z.number().nonnegative(LAYERS)), LAYERS).min(1, LAYERS),
  )
  .transform((layers) => [...new Set(layers)].sort((a, b) => a - b));

/** Absent, null and the empty text all say nothing. */
const orNothing = <T extends z.ZodType>(schema: T) =>
  z.preprocess(
    (value) => (value === null || (typeof value === 'string' && value.trim() === '') ? undefined : value),
    schema.optional(),
  );

const optionsSchema = z.object({
  model: orNothing(z.string(TEXT).trim()),
  max_batch_size: orNothing(wholeNumber(SIZE).pipe(z.number().min(1, SIZE).max(MAX_BATCH_SIZE, SIZE))),
  no_cache: orNothing(flag),
  report_id: orNothing(z.string(TEXT).trim()),
  include_moderation: orNothing(flag),
  exclude_comment_selections: orNothing(flag),
  layers: orNothing(layerList),
  allow_unpriced: orNothing(flag),
  claims: orNothing(flag),
});
type Options = z.output<typeof optionsSchema>;

/** What the top level may hold beside options; the row's own job_type decides, whatever this one says. */
const BESIDE_OPTIONS = ['stages', 'job_type', 'parent_job_id'];

const OBJECT = 'must be an object';
const topSchema = z.record(z.string(), z.unknown(), OBJECT);
const stagesSchema = z.array(z.unknown(), 'must be a list of stages').nullish();
const stageSchema = z.looseObject({ stage: z.literal(CONFIG_STAGE) });

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
  /** whether clauses have claims that are proven; undefined: as the deployment's setting says */
  claims: boolean | undefined;
  /** places in `job_config` that nobody reads, such as `stages.0.config.temperature` */
  ignored: string[];
}

/**
 * Parses the `job_config` attribute as the old poller does: what the stage of the narratives says, else what is said beside the
 * stages, else the default. Numbers and words may come as text, and what nobody reads is ignored.
 * @throws InvalidJobConfig naming the field and what to do
 */
export function parseJobConfig(jobConfig: string | null | undefined, defaultModel: string): JobConfig {
  const json = jobConfig?.trim() ? jsonOrUndefined(jobConfig) : {};
  if (json === undefined)
    throw new InvalidJobConfig('job_config is not JSON: put the row in again as the Polis server writes it');
  const top = parseAt(topSchema, json ?? {}, []);
  const stages = parseAt(stagesSchema, top.stages, ['stages']) ?? [];
  const at = stages.findIndex((stage) => stageSchema.safeParse(stage).success);
  const place = ['stages', at, 'config'];
  const inStage = configIn(stages[at], place);
  const options: Options = { ...optionsIn(top, []), ...optionsIn(inStage, place) };
  return {
    model: options.model || defaultModel,
    max_batch_size: options.max_batch_size ?? DEFAULT_MAX_BATCH_SIZE,
    no_cache: options.no_cache ?? false,
    report_id: options.report_id || undefined,
    include_moderation: options.include_moderation ?? false,
    exclude_comment_selections: options.exclude_comment_selections ?? true,
    layers: options.layers,
    allow_unpriced: options.allow_unpriced ?? false,
    claims: options.claims,
    ignored: [
      ...strangersIn(top, [], BESIDE_OPTIONS),
      ...stages.flatMap((_, index) => (index === at ? [] : [`stages.${index}`])),
      ...strangersIn(inStage, place, []),
    ],
  };
}

/** Places that a note names at most. */
const MAX_NAMED = 10;

/** What of `job_config` is not used, for the log of its row; undefined when all of it is. */
export function ignoredNote({ ignored }: Pick<JobConfig, 'ignored'>): string | undefined {
  if (ignored.length === 0) return undefined;
  const more = ignored.length > MAX_NAMED ? ` and ${ignored.length - MAX_NAMED} more` : '';
  return `job_config holds what is not known and not used: ${ignored.slice(0, MAX_NAMED).join(', ')}${more}`;
}

type Values = Record<string, unknown>;

/** The options of a stage: an object, or one as JSON text. */
function configIn(stage: unknown, place: Place): Values {
  const config = (stage as Values | undefined)?.config ?? {};
  return parseAt(topSchema, typeof config === 'string' ? jsonOrUndefined(config) : config, place);
}

/** The options that are given. */
const optionsIn = (values: Values, place: Place): Options =>
  Object.fromEntries(Object.entries(parseAt(optionsSchema, values, place)).filter(([, value]) => value !== undefined));

const strangersIn = (values: Values, place: Place, known: readonly string[]): string[] =>
  Object.keys(values)
    .filter((key) => !Object.hasOwn(optionsSchema.shape, key) && !known.includes(key))
    .map((key) => [...place, plainLabel(key)].join('.'));

type Place = readonly (string | number)[];

function parseAt<T extends z.ZodType>(schema: T, value: unknown, place: Place): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => ({ ...issue, path: [...place, ...issue.path] }));
  throw new InvalidJobConfig(
    `job_config cannot be read (${problems(new z.ZodError(issues))}): fix the field, then redrive the job`,
  );
}
