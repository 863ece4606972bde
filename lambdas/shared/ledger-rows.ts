import * as z from 'zod';
import { GLOBAL_SECTIONS } from './names.ts';
import { REASONS, type Reason } from './outcome.ts';

/**
 * Rows of the ledger (`Delphi_NarrativeRequests`, hash `job_id`, range `entry`): what was planned, asked, sent and
 * answered. Rows are added and never rewritten with other facts, except a batch's state. Bytes are packed text.
 */
export const LEDGER_FORMAT = 2;
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

/** A section that a report does not ask for, because no comment belongs to it. */
export const leftOutSchema = z.object({
  section: z.string(),
  kind: z.enum(['topic', ...GLOBAL_SECTIONS]),
  title: z.string(),
  topic: topicSchema.optional(),
  /** for readers: one sentence */
  why: z.string(),
});
export type LeftOut = z.infer<typeof leftOutSchema>;

/** How many comments of the conversation a report leaves out, by the first reason that holds of each. */
const commentsLeftOutSchema = z.object({
  rejected: index.optional(),
  not_accepted: index.optional(),
  meta: index.optional(),
  inactive: index.optional(),
  deselected: index.optional(),
});

const counts = z.tuple([index, index, index, index]);

/** Comments that no section shows. */
const inNoSectionSchema = z.object({
  count: index,
  /** those with the most votes first; `[votes, agrees, disagrees, passes]` of all participants, then of each group */
  most_voted: z.array(z.object({ tid: index, all: counts, groups: z.array(counts) })),
});

/** `plan`: written last when a job is planned; it holds true for every round. */
export const planSchema = z.object({
  ...base,
  /** of the ledger's rows; those of another format cannot be read */
  format: z.literal(LEDGER_FORMAT),
  report_id: z.string(),
  conversation_id: z.string(),
  /** job whose id is in the report rows and in the names of global sections */
  report_job_id: z.string(),
  model: z.string(),
  max_batch_size: index,
  sections: index,
  /** answers of other jobs are not used */
  no_cache: z.literal(true).optional(),
  /** sections that were answered already when the job was planned */
  reused: index.optional(),
  /** sections that had an answer with clauses that fail */
  reused_unproven: index.optional(),
  left_out: z.array(leftOutSchema).optional(),
  comments_left_out: commentsLeftOutSchema.optional(),
  in_no_section: inNoSectionSchema.optional(),
  /** when the job was planned: the `timestamp` of every report row, unless a person publishes it later */
  report_timestamp: z.string(),
  /** when a person published what a stopped job has: the `timestamp` of every report row from then on */
  published_at: z.string().optional(),
  prompt_version: z.string(),
  schema_version: z.number().int(),
  system: bytes.optional(),
  /** the fixed part is marked for the cache, as earlier batches say that it pays */
  cached: z.literal(true).optional(),
  /** every clause has a claim that is proven from the votes */
  claims: z.literal(true).optional(),
  /** claims are read back from the clauses, in a round of their own */
  read_back: z.literal(true).optional(),
  /** the opinion groups, in the order of the tallies */
  groups: z.array(z.object({ letter: z.string(), label: z.string(), size: index })).optional(),
  expected_micro_usd: microUsd.optional(),
  most_micro_usd: microUsd.optional(),
  /** the price list does not know the model, but somebody allowed its use */
  unpriced: z.literal(true).optional(),
  /** a batch of the old pipeline: its candidate sections and the conversation's tids, as JSON */
  legacy: bytes.optional(),
});
export type Plan = z.infer<typeof planSchema>;

/** A clause that fails, and why. */
const failedClauseSchema = z.object({
  paragraph: index,
  sentence: index,
  clause: index,
  /** by its name in `claims/check.ts` */
  failure: z.string(),
  /** its claim as a code, and the numbers that refute it; no words of comments */
  why: z.string(),
});
export type FailedClause = z.infer<typeof failedClauseSchema>;

/** Of an answer with clauses that fail: how much of it. */
const unprovenSchema = z.object({
  sentences: index,
  /** sentences with a clause that fails */
  lost: index,
});
export type Unproven = z.infer<typeof unprovenSchema>;

/** Where an answer is kept: the job that bought it, and the key of its `answered#` row. */
export const answerRefSchema = z.object({
  job_id: z.string(),
  entry: z.string(),
  /** what it cost; absent when its price is not known */
  cost_micro_usd: microUsd.optional(),
  /** some of its clauses fail, and the job that bought it has not ended with it */
  unproven: unprovenSchema.optional(),
  /** a job has ended with it, without the sentences of these clauses: it is not asked for again */
  accepted: z.array(failedClauseSchema).optional(),
});
export type AnswerRef = z.infer<typeof answerRefSchema>;

/** `answer:{prompt hash}` / `answer`: the newest good answer to a question, whoever asked it. */
export const knownAnswerSchema = z.object({
  ...base,
  answer: answerRefSchema,
  /** as the answer says, for conditions on the row */
  unproven: z.literal(true).optional(),
});
export type KnownAnswer = z.infer<typeof knownAnswerSchema>;

/** `section#{ordinal}`: one section of the report. */
export const sectionSchema = z.object({
  ...base,
  section: z.string(),
  kind: z.enum(['topic', ...GLOBAL_SECTIONS]),
  title: z.string(),
  topic: topicSchema.optional(),
  ordinal: index,
  /** tids of the comments the model is shown; the row has them as text, which is read ten times as fast as a list */
  shown: z
    .string()
    .regex(/^(\d+(,\d+)*)?$/)
    .transform((text) => (text === '' ? [] : text.split(',').map(Number))),
  /** of model, versions, system prompt and prompt; absent for a batch of the old pipeline */
  prompt_hash: z.string().optional(),
  /** an answer of another job that the section has */
  reused: answerRefSchema.optional(),
  /** what a reading that another job had made found in its answer: the clauses that fail */
  known_reading: z.object({ of: z.string(), sentences: index, failed: z.array(failedClauseSchema) }).optional(),
});
export type Section = z.output<typeof sectionSchema>;

/** A section as its row keeps it. */
export const sectionRow = (section: Section): z.input<typeof sectionSchema> => ({
  ...section,
  shown: section.shown.join(','),
});

/** `prompt#{ordinal}`: what the model is asked and shown for a section. */
export const promptSchema = z.object({
  ...base,
  prompt: bytes,
  /** JSON `[{tid, all:[votes,agrees,disagrees,passes], groups:[[…],…]}]`, as the prompt shows them */
  tallies: bytes,
});
export type Prompt = z.infer<typeof promptSchema>;

/** One request of a round. Parts are the batches of the round, numbered from 0. */
export const requestSchema = z.object({
  ordinal: index,
  part: index,
  max_tokens: index,
  /** what its `asked#` row adds: its own answer and what fails in it, or its clauses to read back; absent for the prompt alone */
  asks: z.enum(['again', 'read back']).optional(),
});
export type Request = z.infer<typeof requestSchema>;

/** `asked#{round}#{ordinal}`: what a request of a later round says beside the section's prompt. */
export const askedSchema = z.object({
  ...base,
  /** JSON: the messages that follow the prompt; of a reading, all messages */
  messages: bytes,
  /** of a reading, JSON: the answer that is read, its number of sentences, place and claim of each clause */
  reading: bytes.optional(),
  /** of a reading: names its question */
  prompt_hash: z.string().optional(),
});
export type AskedRow = z.infer<typeof askedSchema>;

/** What a request that reads claims back is compared with. */
export const readingSchema = z.object({
  /** `{job id} {entry}` of the answer that is read */
  of: z.string(),
  sentences: index,
  clauses: z.array(z.object({ paragraph: index, sentence: index, clause: index, code: z.string() })),
});
export type Reading = z.infer<typeof readingSchema>;

/** `round#{round}`: the requests of a round, as JSON. A section that has an answer is not among them. */
export const roundSchema = z.object({ ...base, requests: bytes });

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

/** `answered#{round}#{ordinal}`: what came back for one request. It is kept whole, whatever becomes of the job. */
export const answeredSchema = z.object({
  ...base,
  section: z.string(),
  kind: z.enum(['stored', 'unproven', 'ask_again', 'failed']),
  /** the answer reads the claims of a section back; its own kind is that of the reading */
  reads: z.string().optional(),
  /** names the question of a reading; that of a section is on its `section#` row */
  prompt_hash: z.string().optional(),
  reason: reason.optional(),
  /** what the API said of a request that it refused: error type and message, cleaned and cut */
  said: z.string().optional(),
  /** of an answer that is unproven, and of a reading: how much of the section fails */
  unproven: unprovenSchema.optional(),
  failed_clauses: z.array(failedClauseSchema).optional(),
  batch_id: z.string().optional(),
  message_id: z.string().optional(),
  stop_reason: z.string().optional(),
  /** mark of the line that this was read from; absent when there was none */
  line_mark: z.string().optional(),
  tokens: tokensSchema.optional(),
  cost_micro_usd: microUsd.optional(),
  /** the JSON line as it came; absent when there was none */
  raw: bytes.optional(),
});
export type Answered = z.infer<typeof answeredSchema>;
export type AnsweredFacts = Pick<
  Answered,
  | 'job_id'
  | 'entry'
  | 'section'
  | 'kind'
  | 'reads'
  | 'reason'
  | 'said'
  | 'unproven'
  | 'failed_clauses'
  | 'prompt_hash'
  | 'line_mark'
  | 'tokens'
  | 'cost_micro_usd'
>;

/** `cache:{model}` / `{planned at}#{job id}#{round}`: what one round read from the cache and wrote to it, in tokens. */
export const cacheUseSchema = z.object({ ...base, read: index, written: index });
export type CacheUse = z.infer<typeof cacheUseSchema>;

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
