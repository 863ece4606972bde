import * as z from 'zod';

const REPORT_ID = 'must be letters and digits, as at the end of the address of the report page';
const MODEL = 'must be a model id, such as claude-sonnet-5-5';
const SIZE = 'must be a whole number from 1 to 100000';
const FLAG = 'must be true or false';

/** The public id of a report page: `r` and letters and digits. */
export const reportIdSchema = z.string(REPORT_ID).regex(/^[A-Za-z0-9_-]{1,300}$/, REPORT_ID);

/** Absent and null say the same: the default is taken. */
const orDefault = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined);

/**
 * The body of `POST /api/v3/delphi/batchReports`. Fields that are not known are ignored, as the Polis server does. A `#`
 * in the model would cut the key of the reports table in the wrong place.
 */
export const batchReportsSchema = z.object(
  {
    report_id: reportIdSchema,
    model: orDefault(z.string(MODEL).regex(/^[A-Za-z][\w.:/-]{0,127}$/, MODEL)),
    max_batch_size: orDefault(z.number(SIZE).int(SIZE).min(1, SIZE).max(100_000, SIZE)),
    no_cache: orDefault(z.boolean(FLAG)),
    include_moderation: orDefault(z.boolean(FLAG)),
    idempotency_key: orDefault(
      z.string('must be text').min(1, 'must not be empty').max(256, 'must be 256 characters at most'),
    ),
  },
  'must be a JSON object',
);

/** What asks for a narrative report. */
export interface BatchReportsRequest {
  report_id: string;
  model?: string | undefined;
  /** requests in one batch at most */
  max_batch_size?: number | undefined;
  no_cache?: boolean | undefined;
  include_moderation?: boolean | undefined;
  /** of an operator's command only: a body cannot ask for it */
  allow_unpriced?: true | undefined;
  /** the same key for the same report names the same job, also after it has ended */
  idempotency_key?: string | undefined;
}
