import { DeleteCommand, type DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { InvalidRow } from '../shared/errors.ts';
import {
  type Answered,
  type AnsweredFacts,
  type AnswerRef,
  type AskedRow,
  answeredSchema,
  askedSchema,
  type BatchEntry,
  batchEntrySchema,
  type CacheUse,
  cacheUseSchema,
  type KnownAnswer,
  knownAnswerSchema,
  LEDGER_FORMAT,
  type Plan,
  type Prompt,
  planSchema,
  promptSchema,
  type Request,
  requestSchema,
  roundSchema,
  type Section,
  sectionRow,
  sectionSchema,
  type Unfiled,
  unfiledSchema,
} from '../shared/ledger-rows.ts';
import { answerKey, cacheKey, entry, ordinalOf, turnKey } from '../shared/names.ts';
import { pack, unpack } from '../shared/packed.ts';
import { parseOr } from '../shared/parse.ts';
import { conditionally, projection, queryAll, readAll, readRow, stored, writeAll } from './dynamodb.ts';

export interface Ledger {
  plan(jobId: string): Promise<Plan | undefined>;
  /** Puts sections, prompts and the first round's requests, and the plan last. What an unfinished earlier planning left is replaced. */
  writePlan(
    plan: Plan,
    sections: readonly Section[],
    prompts: readonly Prompt[],
    requests: readonly Request[],
  ): Promise<void>;
  /** Replaces the plan's own row. */
  updatePlan(plan: Plan): Promise<void>;
  /** The sections of a planned job by ordinal; none for a batch of the old pipeline. */
  sections(plan: Pick<Plan, 'job_id' | 'sections'>): Promise<Map<number, Section>>;
  putSections(sections: readonly Section[]): Promise<void>;
  /** What the model is asked and shown for some sections, by ordinal. */
  prompts(jobId: string, ordinals: readonly number[]): Promise<Map<number, Prompt>>;
  /** @param asked what requests say beside their prompts; put before the round */
  putRound(plan: Plan, round: number, requests: readonly Request[], asked: readonly AskedRow[]): Promise<void>;
  /** What requests of a round say beside their prompts, by ordinal. */
  asked(jobId: string, round: number, ordinals: readonly number[]): Promise<Map<number, AskedRow>>;
  /** The requests of a round, in order of ordinal; undefined for a round that was not begun. */
  round(jobId: string, round: number): Promise<Request[] | undefined>;
  /** The known answers to questions, by prompt hash; those that DynamoDB may delete within days are left out. */
  knownAnswers(hashes: readonly string[], now: Date): Promise<Map<string, AnswerRef>>;
  /** One that is unproven takes the place of none that is good. */
  putKnownAnswers(answers: readonly KnownAnswer[]): Promise<void>;
  /** Whole answers by where they are kept, in any order and each once; those that are gone are absent. */
  answersAt(refs: readonly AnswerRef[]): Promise<Answered[]>;
  /**
   * Takes a report's turn for a job: only one job at a time may ask for sections of a report.
   * @param after the job that had it until now and has ended
   * @returns the job that has the turn now
   */
  takeTurn(reportId: string, jobId: string, after?: string): Promise<string>;
  batches(jobId: string, round?: number): Promise<BatchEntry[]>;
  /** Puts the intent to send a batch, unless one of this round and part exists. */
  putIntent(batch: BatchEntry): Promise<'recorded' | 'exists'>;
  updateBatch(batch: BatchEntry): Promise<void>;
  /** Removes this very intent, unless another has taken its place. */
  removeIntent(batch: BatchEntry): Promise<void>;
  /**
   * Marks a batch as the one of this intent, unless it belongs to another job or another part of this one.
   * @param proven the API's own answer or its custom ids say so; such a mark overrules one that is not proven
   * @returns 'unproven' when another holds it that only found it in the list
   */
  ownBatch(batchId: string, intent: BatchEntry, proven: boolean): Promise<'ours' | 'other' | 'unproven'>;
  /** Takes this intent's mark off a batch. */
  disownBatch(batchId: string, intent: BatchEntry): Promise<void>;
  /** @param round undefined: of every round */
  answers(jobId: string, round?: number): AsyncIterable<AnsweredFacts>;
  /** @param known which of them are good, and what they answer */
  putAnswers(rows: readonly Answered[], known?: readonly KnownAnswer[]): Promise<void>;
  putUnfiled(rows: Unfiled[]): Promise<void>;
  /** How the newest rounds of a model used the cache, in any order. */
  cacheUse(model: string): Promise<CacheUse[]>;
  putCacheUse(row: CacheUse): Promise<void>;
  /** @param round undefined: of every round */
  unfiled(jobId: string, round?: number): AsyncIterable<Unfiled>;
}

/** A row of the ledger that names the job and intent a batch belongs to: hash `batch:{batch id}`. */
const ownerKey = (batchId: string) => ({ job_id: `batch:${batchId}`, entry: 'owner' });

/** Rounds by which it is judged whether the cache pays. */
const NEWEST_ROUNDS = 20;
/** What is read of an answer when its text is not needed. */
const ANSWERED_FACTS: (keyof AnsweredFacts)[] = [
  'job_id',
  'entry',
  'section',
  'kind',
  'reads',
  'reason',
  'said',
  'unproven',
  'failed_clauses',
  'prompt_hash',
  'line_mark',
  'tokens',
  'cost_micro_usd',
];
const requestsSchema = z.array(requestSchema);
const turnSchema = z.object({ holder: z.string() });
/** The longest that a job runs: what it was planned with must still be there at its end. */
const KEPT_SECONDS = 4 * 86_400;

/** The row that keeps what a round asks for. */
export const roundRow = ({ job_id, expires_at_epoch }: Plan, round: number, requests: readonly Request[]) => ({
  job_id,
  entry: entry.round(round),
  requests: pack(JSON.stringify(requests)),
  expires_at_epoch,
});

const parse = <T extends z.ZodType>(schema: T, row: unknown): z.output<T> =>
  parseOr(
    schema,
    row,
    (line) =>
      new InvalidRow(
        `ledger row: ${line}; it was written by another version of this project (this one writes format ${LEDGER_FORMAT}): let that version finish the job, or put it in again`,
      ),
  );

/** `Delphi_NarrativeRequests`: hash `job_id`, range `entry`. */
export function ledgerTable(db: DynamoDBDocumentClient, table: string): Ledger {
  const query = (job_id: string, prefix: string, names: string[] = []) =>
    queryAll(db, {
      TableName: table,
      ConsistentRead: true,
      KeyConditionExpression: 'job_id = :job_id AND begins_with(entry, :prefix)',
      ExpressionAttributeValues: { ':job_id': job_id, ':prefix': prefix },
      ...(names.length > 0 ? projection(names) : {}),
    });
  const put = (rows: readonly Record<string, unknown>[]) =>
    writeAll(
      db,
      table,
      rows.map((Item) => ({ PutRequest: { Item } })),
    );
  const putOne = async (Item: Record<string, unknown>) => {
    await stored(`write ${table}`, () => db.send(new PutCommand({ TableName: table, Item })));
  };
  const putIf = (Item: Record<string, unknown>) =>
    conditionally(`write ${table}`, () =>
      db.send(new PutCommand({ TableName: table, Item, ConditionExpression: 'attribute_not_exists(job_id)' })),
    );
  const get = (key: Record<string, string>) => readRow(db, table, key);
  const putKnownAnswers = async (known: readonly KnownAnswer[]) => {
    await put(known.filter(({ answer }) => !answer.unproven));
    for (const row of known.filter(({ answer }) => answer.unproven)) {
      const Item = { ...row, unproven: true };
      const command = new PutCommand({
        TableName: table,
        Item,
        ConditionExpression: 'attribute_not_exists(job_id) OR attribute_exists(unproven)',
      });
      await conditionally(`write ${table}`, () => db.send(command));
    }
  };

  return {
    async plan(job_id) {
      const row = await get({ job_id, entry: entry.plan });
      return row && parse(planSchema, row);
    },
    async writePlan(plan, sections, prompts, requests) {
      await put([...sections.map(sectionRow), ...prompts, roundRow(plan, 1, requests)]);
      await putOne(plan);
    },
    updatePlan: putOne,
    async sections({ job_id, sections }) {
      const found = new Map<number, Section>();
      for await (const row of query(job_id, entry.sections)) {
        const section = parse(sectionSchema, row);
        // a row beyond the plan is left of an earlier planning
        if (section.ordinal < sections) found.set(section.ordinal, section);
      }
      return found;
    },
    putSections: (sections) => put(sections.map(sectionRow)),
    async prompts(job_id, ordinals) {
      const rows = await readAll(
        db,
        table,
        ordinals.map((ordinal) => ({ job_id, entry: entry.prompt(ordinal) })),
      );
      return new Map(rows.map((row) => [ordinalOf(String(row.entry)), parse(promptSchema, row)]));
    },
    async putRound(plan, round, requests, asked) {
      await put(asked);
      await putOne(roundRow(plan, round, requests));
    },
    async asked(job_id, round, ordinals) {
      const rows = await readAll(
        db,
        table,
        ordinals.map((ordinal) => ({ job_id, entry: entry.asked(round, ordinal) })),
      );
      return new Map(rows.map((row) => [ordinalOf(String(row.entry)), parse(askedSchema, row)]));
    },
    async round(job_id, round) {
      const row = await get({ job_id, entry: entry.round(round) });
      return row && parse(requestsSchema, JSON.parse(unpack(parse(roundSchema, row).requests)));
    },
    async knownAnswers(hashes, now) {
      const rows = await readAll(db, table, [...new Set(hashes)].map(answerKey));
      const kept = Math.floor(now.getTime() / 1000) + KEPT_SECONDS;
      return new Map(
        rows
          .map((row) => parse(knownAnswerSchema, row))
          .filter(({ expires_at_epoch }) => (expires_at_epoch ?? Number.POSITIVE_INFINITY) > kept)
          .map(({ job_id, answer }) => [job_id.slice(answerKey('').job_id.length), answer]),
      );
    },
    putKnownAnswers,
    async answersAt(refs) {
      const keys = new Map(refs.map((ref) => [`${ref.job_id} ${ref.entry}`, { job_id: ref.job_id, entry: ref.entry }]));
      return (await readAll(db, table, [...keys.values()])).map((row) => parse(answeredSchema, row));
    },
    async takeTurn(reportId, holder, after) {
      const command = new PutCommand({
        TableName: table,
        Item: { ...turnKey(reportId), holder },
        ConditionExpression: 'attribute_not_exists(job_id) OR holder = :holder OR holder = :after',
        ExpressionAttributeValues: { ':holder': holder, ':after': after ?? holder },
      });
      if (await conditionally(`write ${table}`, () => db.send(command))) return holder;
      const row = await get(turnKey(reportId));
      // one that has been deleted meanwhile is taken at the next try
      return row ? parse(turnSchema, row).holder : '';
    },
    async batches(job_id, round) {
      const rows = [];
      const prefix = round === undefined ? entry.batches : entry.batchesInRound(round);
      for await (const row of query(job_id, prefix)) rows.push(parse(batchEntrySchema, row));
      return rows.sort((a, b) => a.round - b.round || a.part - b.part);
    },
    putIntent: async (batch) => ((await putIf(batch)) ? 'recorded' : 'exists'),
    updateBatch: putOne,
    async removeIntent({ job_id, entry: range, intent_at }) {
      const command = new DeleteCommand({
        TableName: table,
        Key: { job_id, entry: range },
        // one that another attempt has put in the meantime stays
        ConditionExpression: 'intent_at = :intent_at',
        ExpressionAttributeValues: { ':intent_at': intent_at },
      });
      await conditionally(`write ${table}`, () => db.send(command));
    },
    async ownBatch(batchId, { job_id: owner, entry: intent, expires_at_epoch }, proven) {
      const key = ownerKey(batchId);
      const command = new PutCommand({
        TableName: table,
        Item: { ...key, owner, intent, proven, expires_at_epoch },
        ConditionExpression: `attribute_not_exists(job_id) OR (#owner = :owner AND #intent = :intent)${proven ? ' OR #proven = :no' : ''}`,
        ExpressionAttributeNames: {
          '#owner': 'owner',
          '#intent': 'intent',
          ...(proven ? { '#proven': 'proven' } : {}),
        },
        ExpressionAttributeValues: { ':owner': owner, ':intent': intent, ...(proven ? { ':no': false } : {}) },
      });
      if (await conditionally(`write ${table}`, () => db.send(command))) return 'ours';
      return (await get(key))?.proven === false ? 'unproven' : 'other';
    },
    async disownBatch(batchId, { job_id: owner, entry: intent }) {
      const command = new DeleteCommand({
        TableName: table,
        Key: ownerKey(batchId),
        ConditionExpression: '#owner = :owner AND #intent = :intent',
        ExpressionAttributeNames: { '#owner': 'owner', '#intent': 'intent' },
        ExpressionAttributeValues: { ':owner': owner, ':intent': intent },
      });
      await conditionally(`write ${table}`, () => db.send(command));
    },
    async *answers(job_id, round) {
      const names = ANSWERED_FACTS;
      const prefix = round === undefined ? entry.answeredAll : entry.answeredInRound(round);
      for await (const row of query(job_id, prefix, names)) yield parse(answeredSchema, row);
    },
    async putAnswers(rows, known = []) {
      await put([...rows, ...known.filter(({ answer }) => !answer.unproven)]);
      await putKnownAnswers(known.filter(({ answer }) => answer.unproven));
    },
    putUnfiled: put,
    async cacheUse(model) {
      const command = new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'job_id = :key',
        ExpressionAttributeValues: { ':key': cacheKey(model) },
        ScanIndexForward: false,
        Limit: NEWEST_ROUNDS,
      });
      const { Items = [] } = await stored(`read ${table}`, () => db.send(command));
      return Items.map((row) => parse(cacheUseSchema, row));
    },
    putCacheUse: putOne,
    async *unfiled(job_id, round) {
      const prefix = round === undefined ? entry.unfiledAll : entry.unfiledInRound(round);
      for await (const row of query(job_id, prefix)) yield parse(unfiledSchema, row);
    },
  };
}
