import { DeleteCommand, type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { z } from 'zod';
import { InvalidRow } from '../shared/errors.ts';
import {
  type Answered,
  type AnsweredFacts,
  type Asked,
  type AskedFacts,
  answeredSchema,
  askedFactsSchema,
  askedSchema,
  type BatchEntry,
  batchEntrySchema,
  type Plan,
  planSchema,
  type Unfiled,
  unfiledSchema,
} from '../shared/ledger-rows.ts';
import { entry, ordinalOf } from '../shared/names.ts';
import { parseOr } from '../shared/parse.ts';
import { conditionally, projection, queryAll, readAll, readRow, stored, writeAll } from './dynamodb.ts';

export interface Ledger {
  plan(jobId: string): Promise<Plan | undefined>;
  /** Deletes what an unfinished earlier planning left, puts the asked rows, and the plan last. */
  writePlan(plan: Plan, asked: Asked[]): Promise<void>;
  putAsked(rows: Asked[]): Promise<void>;
  /** Whole rows of one round, in order of ordinal. */
  askedInRound(jobId: string, round: number): AsyncIterable<Asked>;
  askedOrdinals(jobId: string, round: number): AsyncIterable<number>;
  /** What collecting needs of some rows of one round; ordinals that were not asked are absent. */
  askedFacts(jobId: string, round: number, ordinals: readonly number[]): Promise<Map<number, AskedFacts>>;
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
  answers(jobId: string, round: number): AsyncIterable<AnsweredFacts>;
  /** The whole row of one section's answer in a round. */
  answer(jobId: string, round: number, ordinal: number): Promise<Answered | undefined>;
  putAnswers(rows: Answered[]): Promise<void>;
  putUnfiled(rows: Unfiled[]): Promise<void>;
  /** @param round undefined: of every round */
  unfiled(jobId: string, round?: number): AsyncIterable<Unfiled>;
}

/** A row of the ledger that names the job and intent a batch belongs to: hash `batch:{batch id}`. */
const ownerKey = (batchId: string) => ({ job_id: `batch:${batchId}`, entry: 'owner' });

const parse = <T extends z.ZodType>(schema: T, row: unknown): z.output<T> =>
  parseOr(
    schema,
    row,
    (line) => new InvalidRow(`ledger row: ${line}; it was written by another version of this project`),
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
  const putIf = (Item: Record<string, unknown>) =>
    conditionally(`write ${table}`, () =>
      db.send(new PutCommand({ TableName: table, Item, ConditionExpression: 'attribute_not_exists(job_id)' })),
    );
  const get = (key: Record<string, string>) => readRow(db, table, key);

  return {
    async plan(job_id) {
      const row = await get({ job_id, entry: entry.plan });
      return row && parse(planSchema, row);
    },
    async writePlan(plan, asked) {
      const left: { DeleteRequest: { Key: Record<string, unknown> } }[] = [];
      for await (const row of query(plan.job_id, 'asked#', ['job_id', 'entry']))
        left.push({ DeleteRequest: { Key: row } });
      await writeAll(db, table, left);
      await put(asked);
      await stored(`write ${table}`, () => db.send(new PutCommand({ TableName: table, Item: plan })));
    },
    putAsked: put,
    async *askedInRound(job_id, round) {
      for await (const row of query(job_id, entry.askedInRound(round))) yield parse(askedSchema, row);
    },
    async *askedOrdinals(job_id, round) {
      for await (const row of query(job_id, entry.askedInRound(round), ['entry'])) yield ordinalOf(String(row.entry));
    },
    async askedFacts(job_id, round, ordinals) {
      const keys = ordinals.map((ordinal) => ({ job_id, entry: entry.asked(round, ordinal) }));
      const rows = await readAll(db, table, keys, projection(Object.keys(askedFactsSchema.shape)));
      return new Map(rows.map((row) => parse(askedFactsSchema, row)).map((facts) => [facts.ordinal, facts]));
    },
    async batches(job_id, round) {
      const rows = [];
      const prefix = round === undefined ? entry.batches : entry.batchesInRound(round);
      for await (const row of query(job_id, prefix)) rows.push(parse(batchEntrySchema, row));
      return rows.sort((a, b) => a.round - b.round || a.part - b.part);
    },
    putIntent: async (batch) => ((await putIf(batch)) ? 'recorded' : 'exists'),
    async updateBatch(batch) {
      await stored(`write ${table}`, () => db.send(new PutCommand({ TableName: table, Item: batch })));
    },
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
      const names = [
        'job_id',
        'entry',
        'section',
        'kind',
        'reason',
        'line_mark',
        'tokens',
        'cost_micro_usd',
        'saved_micro_usd',
      ];
      for await (const row of query(job_id, entry.answeredInRound(round), names)) yield parse(answeredSchema, row);
    },
    async answer(job_id, round, ordinal) {
      const row = await get({ job_id, entry: entry.answered(round, ordinal) });
      return row && parse(answeredSchema, row);
    },
    putAnswers: put,
    putUnfiled: put,
    async *unfiled(job_id, round) {
      const prefix = round === undefined ? entry.unfiledAll : entry.unfiledInRound(round);
      for await (const row of query(job_id, prefix)) yield parse(unfiledSchema, row);
    },
  };
}
