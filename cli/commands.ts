import * as z from 'zod';

/** Digits only: Number() would also read 1e3, 0x10 and blanks. */
const wholeNumber = (most: number) => {
  const error = `should be a whole number from 1 to ${most.toLocaleString('en')}`;
  return z.string().regex(/^\d+$/, error).transform(Number).pipe(z.number().min(1, error).max(most, error));
};
const zid = z.string().regex(/^\d{1,10}$/, 'should be the conversation’s zid: digits');
const text = z.string().trim().min(1, 'should not be empty');
const reportId = z.string().regex(/^[\w-]{1,300}$/, 'should be a report id such as r2abcd');
const yes = z.boolean().default(false);

/** The ledger's rows expire after as many days. */
const MOST_DAYS = 180;

/** Every status a job row may have that this project knows. */
export const STATUSES = ['PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED'] as const;
const status = z
  .string()
  .transform((value) => value.toUpperCase())
  .pipe(z.enum(STATUSES, `should be one of ${STATUSES.join(', ')}`));

interface CommandSpec {
  /** arguments as the help shows them */
  usage: string;
  /** what each argument is called in the parsed input, in order */
  args: readonly string[];
  about: string;
  flags: readonly (readonly [string, string])[];
  schema: z.ZodObject;
}

/** Every command: its arguments and flags. What they do is in `commands/`. */
export const COMMANDS = {
  submit: {
    usage: '<REPORT_ID>',
    args: ['reportId'],
    about: 'start a narrative report: write the job row as the Polis server does',
    flags: [
      ['--model <model>', 'the model that writes (default: the deployment’s)'],
      ['--max-batch-size <count>', 'sections in one batch at most'],
      ['--no-cache', 'buy every section anew, also the unchanged ones'],
      ['--include-moderation', 'leave out comments that moderators rejected'],
      ['--allow-unpriced', 'use a model that the price list does not know: no budget counts it'],
      ['--idempotency-key <key>', 'the same key again gives the same job'],
      ['--zid <zid>', 'the conversation, where the database cannot be reached from here'],
      ['--watch', 'go on as `watch` does'],
    ],
    schema: z.object({
      reportId,
      model: text.optional(),
      maxBatchSize: wholeNumber(100_000).optional(),
      cache: z.boolean().default(true),
      includeModeration: yes,
      allowUnpriced: yes,
      idempotencyKey: text.optional(),
      zid: zid.optional(),
      watch: yes,
    }),
  },
  watch: {
    usage: '<JOB_ID>',
    args: ['jobId'],
    about: 'follow a job until it ends; Ctrl-C leaves the job alone',
    flags: [],
    schema: z.object({ jobId: text }),
  },
  jobs: {
    usage: '',
    args: [],
    about: 'list jobs, newest first',
    flags: [
      ['--status <status>', `only ${STATUSES.join(', ')}`],
      ['--report <REPORT_ID>', 'only of one report'],
      ['--zid <zid>', 'with --report: its conversation, where it cannot be looked up from here'],
      ['--limit <count>', 'how many at most (default: 20)'],
    ],
    schema: z.object({
      status: status.optional(),
      report: reportId.optional(),
      zid: zid.optional(),
      limit: wholeNumber(1_000).default(20),
    }),
  },
  job: {
    usage: '<JOB_ID>',
    args: ['jobId'],
    about: 'all about one job: row, rounds, sections, figures, link to the console',
    flags: [],
    schema: z.object({ jobId: text }),
  },
  batch: {
    usage: '<BATCH_ID>',
    args: ['batchId'],
    about: 'ask Anthropic how a batch stands',
    flags: [],
    schema: z.object({ batchId: z.string().regex(/^[\w-]{1,200}$/, 'should be a batch id such as msgbatch_01ab') }),
  },
  reports: {
    usage: '<REPORT_ID>',
    args: ['reportId'],
    about: 'list the stored sections of a report by run',
    flags: [],
    schema: z.object({ reportId }),
  },
  report: {
    usage: '<REPORT_ID>',
    args: ['reportId'],
    about: 'give a report as Markdown, or as the JSON that the web client gets',
    flags: [
      ['--format <format>', 'md or json (default: md)'],
      ['--job <JOB_ID>', 'of this job (default: the newest run)'],
      ['--out <file>', 'write it there instead of showing it'],
    ],
    schema: z.object({
      reportId,
      format: z.enum(['md', 'json'], 'should be md or json').default('md'),
      job: text.optional(),
      out: text.optional(),
    }),
  },
  spending: {
    usage: '',
    args: [],
    about: 'what jobs may cost and did cost, by UTC day',
    flags: [['--days <count>', 'how many days, today included (default: 7)']],
    schema: z.object({ days: wholeNumber(MOST_DAYS).default(7) }),
  },
  cancel: {
    usage: '<JOB_ID>',
    args: ['jobId'],
    about: 'cancel a job and its batch at the Anthropic API; what is finished is stored',
    flags: [],
    schema: z.object({ jobId: text }),
  },
  redrive: {
    usage: '[JOB_ID]',
    args: ['jobId'],
    about: 'let a failed job go on; without JOB_ID: sweep for forgotten jobs and clear the dead letters',
    flags: [],
    schema: z.object({ jobId: text.optional() }),
  },
  doctor: {
    usage: '',
    args: [],
    about: 'check everything a report needs, and say what to do',
    flags: [
      ['--before-deploy', 'check only what must be there before `cdk deploy`'],
      ['--settings <file>', 'the settings file that is deployed with (with --before-deploy)'],
      ['--report <REPORT_ID>', 'also check that this report could be written'],
    ],
    schema: z.object({ beforeDeploy: yes, settings: text.optional(), report: reportId.optional() }),
  },
} as const satisfies Record<string, CommandSpec>;

export type CommandName = keyof typeof COMMANDS;
export type Inputs = { [K in CommandName]: z.output<(typeof COMMANDS)[K]['schema']> };
