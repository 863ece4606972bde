import * as z from 'zod';
import { InvalidSetting } from './errors.ts';
import { AWAITING_BATCH, CREATE_BATCH } from './job-row.ts';
import { parseOr } from './parse.ts';

/** What a step says should happen next; the choices of the state machine read it. */
export const NEXT = ['wait', 'settle', 'turn', 'collect', 'submit', 'complete', 'leave'] as const;
export type Next = (typeof NEXT)[number];

/** The one value that steps hand each other: ids and counts only, well under 256 KB whatever the job's size. */
const jobStateSchema = z.object({
  job_id: z.string().min(1),
  job_type: z.enum([CREATE_BATCH, AWAITING_BATCH]),
  /** known once the job is planned; for the log */
  report_id: z.string().optional(),
  /** version of the job row that started this execution */
  version: z.number().int().nonnegative(),
  /** name of the execution: the `worker_id` of every row it owns */
  execution: z.string().min(1),
  /** first round of this execution; later than 1 when a job was put back to PENDING */
  first_round: z.number().int().positive().default(1),
  /** round being asked; 0 before the first */
  round: z.number().int().nonnegative().default(0),
  /** status checks made in this round */
  checks: z.number().int().nonnegative().default(0),
  /** consecutive status checks that found the API unavailable */
  troubles: z.number().int().nonnegative().default(0),
  /** waits for a batch that the API does not find, or that a gateway refuses, since all were last answered for */
  refusals: z.number().int().nonnegative().optional(),
  /** invocations of "Collect results" in a row that ran out of time and found nothing new */
  idle: z.number().int().nonnegative().optional(),
  /** times in a row that this job found an earlier one of its report still under way */
  turns: z.number().int().nonnegative().optional(),
  wait_seconds: z.number().nonnegative().default(0),
  next: z.enum(NEXT).default('submit'),
});

export type JobState = z.infer<typeof jobStateSchema>;

/**
 * Parses the hand-off between two states.
 * @throws InvalidSetting when a field is missing or wrong
 */
export const parseJobState = (input: unknown): JobState =>
  parseOr(
    jobStateSchema,
    input,
    (line) => new InvalidSetting(`state hand-off: ${line}; start the execution from its job row`),
  );
