import * as z from 'zod';
import type { MicroUsd } from './money.ts';

/**
 * What jobs may cost and did cost, by UTC day, in the ledger: a row `spend#{round}` in the job's own partition for each
 * round that is sent, and a row `spend:{day}` / `total` that adds them up. The two are only ever changed together.
 */
const amount = z.int().nonnegative();

/** `spend#{round}`: what one round of one job counts for on its day. */
export const spendSchema = z.object({
  job_id: z.string(),
  entry: z.string(),
  /** UTC day on which the round was sent, YYYY-MM-DD; it stays the same when the answers come the next day */
  day: z.string().regex(/^\d{4}-\d\d-\d\d$/),
  /** version of the job row of the execution that reserved it: an older one changes nothing */
  version: z.number().int().nonnegative(),
  /** what the round may cost at most; 0 when the price list does not know the model */
  reserved_micro_usd: amount,
  /** what its billed answers did cost; absent until every batch of the round is collected */
  settled_micro_usd: amount.optional(),
  /** the price list does not know the model: what it costs is not counted */
  unpriced: z.literal(true).optional(),
  expires_at_epoch: z.number().int().optional(),
});
export type Spend = z.infer<typeof spendSchema>;

/** What rounds of one UTC day count for together. */
export interface DaySpending {
  day: string;
  /** rounds that are priced at what they cost, the others at what they may cost at most */
  committed_micro_usd: MicroUsd;
  /** the part of it that rounds may cost whose answers are not priced yet */
  open_micro_usd: MicroUsd;
  /** rounds whose cost is not known and is not in the other figures */
  unpriced_rounds: number;
}

const figure = z.int().default(0);
/** `spend:{day}` / `total` of the ledger. */
export const daySchema = z.object({ committed_micro_usd: figure, open_micro_usd: figure, unpriced_rounds: figure });

/** UTC day of a moment, YYYY-MM-DD. */
export const dayOf = (at: Date): string => at.toISOString().slice(0, 10);

/** How much a day's total changes. */
export type DayChange = Omit<DaySpending, 'day'>;

const NOTHING: DayChange = { committed_micro_usd: 0, open_micro_usd: 0, unpriced_rounds: 0 };

/** What one round counts for on its day. */
export function countsFor({ reserved_micro_usd, settled_micro_usd, unpriced }: Spend): DayChange {
  const committed_micro_usd = settled_micro_usd ?? reserved_micro_usd;
  const open_micro_usd = settled_micro_usd === undefined ? reserved_micro_usd : 0;
  return { committed_micro_usd, open_micro_usd, unpriced_rounds: unpriced ? 1 : 0 };
}

/** How the totals of days change when a round's row does; days that stay as they are are left out. */
export function dayChanges(before: Spend | undefined, after: Spend | undefined): Map<string, DayChange> {
  const changes = new Map<string, DayChange>();
  const add = (row: Spend | undefined, sign: 1 | -1) => {
    if (!row) return;
    const sum = changes.get(row.day) ?? NOTHING;
    const one = countsFor(row);
    changes.set(row.day, {
      committed_micro_usd: sum.committed_micro_usd + sign * one.committed_micro_usd,
      open_micro_usd: sum.open_micro_usd + sign * one.open_micro_usd,
      unpriced_rounds: sum.unpriced_rounds + sign * one.unpriced_rounds,
    });
  };
  add(before, -1);
  add(after, 1);
  for (const [day, change] of changes) if (Object.values(change).every((value) => value === 0)) changes.delete(day);
  return changes;
}
