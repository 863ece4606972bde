import { isDeepStrictEqual } from 'node:util';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  type DayChange,
  type DaySpending,
  dayChanges,
  dayOf,
  daySchema,
  type Spend,
  spendSchema,
} from '../money/day.ts';
import type { MicroUsd } from '../money/money.ts';
import { InvalidRow, StoreUnavailable } from '../shared/errors.ts';
import { entry, spendDayKey } from '../shared/names.ts';
import { parseOr } from '../shared/parse.ts';
import { readAll, readRow, type TransactItem, transact } from './dynamodb.ts';

/** A round that is about to be sent. */
export interface RoundToPay {
  job_id: string;
  round: number;
  /** of the job row, as the execution was started for it: an older execution never replaces what a newer one reserved */
  version: number;
  /** undefined when the price list does not know the model */
  most_micro_usd: MicroUsd | undefined;
  now: Date;
  expires_at_epoch: number | undefined;
}

/** What jobs may cost and did cost, by UTC day. Every call may be repeated. */
export interface Spending {
  /**
   * Counts a round on the day of `now` at what it may cost at most; an earlier reservation of the same round is replaced.
   * @param cap the most that a day may cost; undefined: no limit
   * @returns 'over' when the day would pass its cap, with what all others take of it; 'taken' when a newer execution has
   * reserved the round
   */
  reserve(
    round: RoundToPay,
    cap: MicroUsd | undefined,
  ): Promise<{ kind: 'reserved' } | { kind: 'taken' } | { kind: 'over'; day: string; others: MicroUsd }>;
  /**
   * Counts a round at what it did cost, on the day it was reserved for; one without a reservation on the day of `now`. An
   * unknown cost changes nothing.
   */
  settle(round: Omit<RoundToPay, 'version' | 'most_micro_usd'>, cost: MicroUsd | undefined): Promise<void>;
  /** Releases a reservation of this version or an older one: nothing of the round was sent. */
  release(jobId: string, round: number, version: number): Promise<void>;
  /** @param days YYYY-MM-DD; the answer has each, in the same order */
  days(days: readonly string[]): Promise<DaySpending[]>;
}

/** How often a round's row is read again after another has changed it. */
const TRIES = 6;
const WHAT = 'write what a round may cost';

/** Rows of the ledger that say what jobs may cost and did cost. */
export function spendingTable(db: DynamoDBDocumentClient, table: string): Spending {
  const get = (key: Record<string, string>) => readRow(db, table, key);
  const spend = async (job_id: string, round: number): Promise<Spend | undefined> => {
    const row = await get({ job_id, entry: entry.spend(round) });
    const fail = (line: string) => new InvalidRow(`ledger row ${entry.spend(round)}: ${line}; delete the row`);
    return row && parseOr(spendSchema, row, fail);
  };
  const dayTotal = async (day: string): Promise<DaySpending> => ({
    day,
    ...daySchema.parse((await get(spendDayKey(day))) ?? {}),
  });

  /** Takes a round's row from one state to another, and the days' totals with it. @returns the day that would be over its cap */
  async function change(
    jobId: string,
    round: number,
    decide: (before: Spend | undefined) => Spend | undefined,
    cap?: MicroUsd,
  ): Promise<{ day: string; takes: MicroUsd } | undefined> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const before = await spend(jobId, round);
      const after = decide(before);
      if (isDeepStrictEqual(before, after)) return undefined;
      const kept = (after ?? before) as Spend;
      const changes = [...dayChanges(before, after)];
      const failed = await transact(db, WHAT, [
        rowItem(table, before, after),
        ...changes.map(([day, sum]) => dayItem(table, kept, day, sum, cap)),
      ]);
      if (failed.length === 0) return undefined;
      // another changed the row of the round: it is read again
      if (failed.includes(0)) continue;
      const [day, { committed_micro_usd }] = changes[(failed[0] as number) - 1] as [string, DayChange];
      return { day, takes: committed_micro_usd };
    }
    throw new StoreUnavailable(`DynamoDB could not ${WHAT}: the row was changed by others ${TRIES} times`);
  }

  return {
    async reserve({ job_id, round, version, most_micro_usd, now, expires_at_epoch }, cap) {
      const wanted: Spend = {
        job_id,
        entry: entry.spend(round),
        day: dayOf(now),
        version,
        reserved_micro_usd: most_micro_usd ?? 0,
        ...(most_micro_usd === undefined ? { unpriced: true as const } : {}),
        ...expiring(expires_at_epoch),
      };
      for (let attempt = 0; attempt < TRIES; attempt++) {
        let taken = false;
        const over = await change(
          job_id,
          round,
          (before) => {
            taken = before !== undefined && before.version > version;
            return taken ? before : wanted;
          },
          cap,
        );
        if (taken) return { kind: 'taken' };
        if (!over) return { kind: 'reserved' };
        const { committed_micro_usd } = await dayTotal(over.day);
        // others may have released money in the meantime
        if (cap === undefined || committed_micro_usd + over.takes <= cap) continue;
        const own = wanted.reserved_micro_usd - over.takes;
        return { kind: 'over', day: over.day, others: committed_micro_usd - own };
      }
      throw new StoreUnavailable(`DynamoDB could not ${WHAT}: the day's total changed ${TRIES} times`);
    },
    async settle({ job_id, round, now, expires_at_epoch }, cost) {
      if (cost === undefined) return;
      const key = { job_id, entry: entry.spend(round) };
      const unreserved = { ...key, day: dayOf(now), version: 0, reserved_micro_usd: 0, ...expiring(expires_at_epoch) };
      await change(job_id, round, (before) =>
        before?.unpriced ? before : { ...(before ?? unreserved), settled_micro_usd: cost },
      );
    },
    async release(jobId, round, version) {
      await change(jobId, round, (before) =>
        before && before.version <= version && before.settled_micro_usd === undefined ? undefined : before,
      );
    },
    async days(days) {
      const names = { ProjectionExpression: 'job_id, committed_micro_usd, open_micro_usd, unpriced_rounds' };
      const rows = await readAll(db, table, days.map(spendDayKey), names);
      const byKey = new Map(rows.map((row) => [row.job_id, row]));
      return days.map((day) => ({ day, ...daySchema.parse(byKey.get(spendDayKey(day).job_id) ?? {}) }));
    },
  };
}

const expiring = (expires_at_epoch: number | undefined) => (expires_at_epoch === undefined ? {} : { expires_at_epoch });

/** Puts or deletes a round's row, if it still is as it was read. */
function rowItem(TableName: string, before: Spend | undefined, after: Spend | undefined): TransactItem {
  const condition = asRead(before);
  if (after) return { Put: { TableName, Item: after, ...condition } };
  const { job_id, entry: range } = before as Spend;
  return { Delete: { TableName, Key: { job_id, entry: range }, ...condition } };
}

function asRead(before: Spend | undefined) {
  if (!before) return { ConditionExpression: 'attribute_not_exists(job_id)' };
  const { day, version, reserved_micro_usd, settled_micro_usd } = before;
  const settled =
    settled_micro_usd === undefined ? 'attribute_not_exists(settled_micro_usd)' : 'settled_micro_usd = :settled';
  return {
    ConditionExpression: `#day = :day AND #version = :version AND reserved_micro_usd = :reserved AND ${settled}`,
    ExpressionAttributeNames: { '#day': 'day', '#version': 'version' },
    ExpressionAttributeValues: {
      ':day': day,
      ':version': version,
      ':reserved': reserved_micro_usd,
      ...(settled_micro_usd === undefined ? {} : { ':settled': settled_micro_usd }),
    },
  };
}

/** Adds to a day's total; what makes it grow must leave it within the cap, when one is given. */
function dayItem(
  TableName: string,
  { expires_at_epoch }: Spend,
  day: string,
  { committed_micro_usd, open_micro_usd, unpriced_rounds }: DayChange,
  cap: MicroUsd | undefined,
): TransactItem {
  const capped = cap !== undefined && committed_micro_usd > 0;
  // an empty day has nothing committed, and room may still be less than nothing
  const empty = capped && committed_micro_usd <= cap ? 'attribute_not_exists(committed_micro_usd) OR ' : '';
  return {
    Update: {
      TableName,
      Key: spendDayKey(day),
      UpdateExpression: `${expires_at_epoch === undefined ? '' : 'SET expires_at_epoch = :expires '}ADD committed_micro_usd :committed, open_micro_usd :open, unpriced_rounds :unpriced`,
      ...(capped ? { ConditionExpression: `${empty}committed_micro_usd <= :room` } : {}),
      ExpressionAttributeValues: {
        ...(expires_at_epoch === undefined ? {} : { ':expires': expires_at_epoch }),
        ':committed': committed_micro_usd,
        ':open': open_micro_usd,
        ':unpriced': unpriced_rounds,
        ...(capped ? { ':room': cap - committed_micro_usd } : {}),
      },
    },
  };
}
