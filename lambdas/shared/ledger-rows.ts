import * as z from 'zod';
import { GLOBAL_SECTIONS } from './names.ts';
import { REASONS, type Reason } from './outcome.ts';

/**
 * Rows of the ledger (`Delphi_NarrativeRequests`, hash `job_id`, range `entry`): what was planned, asked, sent and
 * answered. Rows are added and never rewritten with other facts, except a batch's state. Bytes are gzip.
 */
const bytes = z.instanceof(Uint8Array);
const index = z.number().int().nonnegative();
/** money in whole millionths of a US dollar */
const microUsd = z.int().nonnegative();
const base = { job_id: z.string(), entry: z.string(), expires_at_epoch: z.number().int().optional() };

/** Seconds since the epoch at which DynamoDB may delete a row of the ledger. */
export const ledgerExpiry = (now: Date, days: number): number => Math.floor(now.getTime() / 1000) + days * 86_400;

const topicSchema = z.object({
  topic_key: z.string(),
  section: z.string(),
  layer: index,
  cluster: index,
  name: z.string(),
});

/** The job, section and timestamp under which a text was bought. */
export const reusedFromSchema = z.object({ job_id: z.string(), section: z.string(), timestamp: z.string() });
export type ReusedFrom = z.infer<typeof reusedFromSchema>;

/** A stored section whose text will be reused: the row it is read from, where it was bought, and at what price. */
export const reuseSchema = z.object({
  key: z.object({ rid_section_model: z.string(), timestamp: z.string() }),
  from: reusedFromSchema,
  /** absent when its price is not known */
  saved_micro_usd: microUsd.optional(),
});
export type Reuse = z.infer<typeof reuseSchema>;

/** `plan`: written last when a job is planned; it holds true for every round. */
export const planSchema = z.object({
  ...base,
  report_id: z.string(),
  conversation_id: z.string(),
  /** job whose id is in the report rows and in the names of global sections */
  report_job_id: z.string(),
  model: z.string(),
  max_batch_size: index,
  sections: index,
  /** sections that are not bought, because their text is there already */
  reused: index.optional(),
  /** titles of sections that no comment belongs to, and that are not asked for */
  left_out: z.array(z.string()).optional(),
  /** the one `timestamp` of every report row of this job */
  report_timestamp: z.string(),
  prompt_version: z.string(),
  schema_version: z.number().int(),
  system: bytes.optional(),
  expected_micro_usd: microUsd.optional(),
  most_micro_usd: microUsd.optional(),
  /** the price list does not know the model, but somebody allowed its use */
  unpriced: z.literal(true).optional(),
  /** a batch of the old pipeline: its candidate sections and the conversation's tids, as JSON */
  legacy: bytes.optional(),
});
export type Plan = z.infer<typeof planSchema>;

/** `asked#{round}#{ordinal}`: one section asked for in one round; in round 0 the reused ones, which are not sent. */
export const askedSchema = z.object({
  ...base,
  section: z.string(),
  kind: z.enum(['topic', ...GLOBAL_SECTIONS]),
  title: z.string(),
  topic: topicSchema.optional(),
  ordinal: index,
  round: index,
  part: index,
  custom_id: z.string(),
  max_tokens: index,
  /** tids of the comments the model was shown */
  shown: z.array(index),
  /** JSON `[{tid, all:[votes,agrees,disagrees,passes], groups:[[…],…]}]`, as the prompt showed them */
  tallies: bytes,
  prompt: bytes,
  prompt_hash: z.string(),
  prompt_version: z.string(),
  /** round 0 only */
  reuse: reuseSchema.optional(),
});
export type Asked = z.infer<typeof askedSchema>;

/** What collecting needs of an asked row. */
export const askedFactsSchema = askedSchema
  .pick({
    section: true,
    kind: true,
    title: true,
    topic: true,
    ordinal: true,
    shown: true,
    reuse: true,
  })
  // what the old pipeline asked is not known
  .extend({ prompt_hash: z.string().optional() });
export type AskedFacts = z.infer<typeof askedFactsSchema>;

/** `batch#{round}#{part}`: the intent to send one batch, and what became of it. */
export const batchEntrySchema = z.object({
  ...base,
  round: index,
  part: index,
  /** intended: a call may have been made; submitted: batch_id is known; then ended; then collected */
  state: z.enum(['intended', 'submitted', 'ended', 'collected']),
  requests: index,
  intent_at: z.string(),
  /** when the API last said that it takes no batch now (429) */
  refused_at: z.string().optional(),
  batch_id: z.string().optional(),
  /** ISO 8601, as the API gave them */
  created_at: z.string().optional(),
  expires_at: z.string().optional(),
  ended_at: z.string().optional(),
  /** when the API was first asked to cancel it, as its job had been cancelled */
  cancel_requested_at: z.string().optional(),
  /** found in the API's list after an unclear answer: its custom ids still have to prove that it is ours */
  adopted: z.boolean().optional(),
  /** batches that were taken for this one and proved to be another job's */
  not_ours: z.array(z.string()).optional(),
});
export type BatchEntry = z.infer<typeof batchEntrySchema>;

export const tokensSchema = z.object({ input: index, output: index, cache_write: index, cache_read: index });
const reason = z.enum(Object.keys(REASONS) as [Reason, ...Reason[]]);

/** `answered#{round}#{ordinal}`: what came back for one asked row. */
export const answeredSchema = z.object({
  ...base,
  section: z.string(),
  kind: z.enum(['stored', 'ask_again', 'failed']),
  reason: reason.optional(),
  batch_id: z.string().optional(),
  message_id: z.string().optional(),
  stop_reason: z.string().optional(),
  /** mark of the line that this was read from; absent when there was none */
  line_mark: z.string().optional(),
  tokens: tokensSchema.optional(),
  cost_micro_usd: microUsd.optional(),
  /** round 0 only: where the text was bought, and what that cost */
  reused_from: reusedFromSchema.optional(),
  saved_micro_usd: microUsd.optional(),
  /** the JSON line as it came; absent when there was none */
  raw: bytes.optional(),
});
export type Answered = z.infer<typeof answeredSchema>;
export type AnsweredFacts = Pick<
  Answered,
  'entry' | 'section' | 'kind' | 'reason' | 'line_mark' | 'tokens' | 'cost_micro_usd' | 'saved_micro_usd'
>;

/** `unfiled#{round}#{mark}`: a line that names no section of this job, or one that has a better answer. */
export const unfiledSchema = z.object({
  ...base,
  why: z.enum(['no_custom_id', 'unknown_custom_id', 'bad_line', 'duplicate']),
  custom_id: z.string().optional(),
  batch_id: z.string().optional(),
  /** the section it was stored under, once decided */
  filed_as: z.string().optional(),
  tokens: tokensSchema.optional(),
  cost_micro_usd: microUsd.optional(),
  raw: bytes.optional(),
});
export type Unfiled = z.infer<typeof unfiledSchema>;
