import * as z from 'zod';

/** Money: a whole number of millionths of a US dollar, so that sums are exact. */
export type MicroUsd = number;

const MILLION = 1_000_000;

/** A number of US dollars as money, to the nearest millionth. */
export const microUsd = (dollars: number): MicroUsd => Math.round(dollars * MILLION);

/** Money as a number of US dollars, for job rows, metrics and JSON that people read. */
export const toUsd = (amount: MicroUsd): number => amount / MILLION;

/** The same for JSON, where an amount that is not known is null. */
export const usdOrNull = (amount: MicroUsd | undefined): number | null => (amount === undefined ? null : toUsd(amount));

/** Money as text, such as "$1.23". */
export const usdText = (amount: MicroUsd, digits = 2): string => `$${toUsd(amount).toFixed(digits)}`;

/** A budget in US dollars, as settings and environment variables give it. */
export const budgetSchema = z.coerce
  .number('should be an amount above 0, such as 2.50')
  .positive('should be above 0')
  .transform(microUsd);

/** The sum of two amounts; undefined when either is not known. */
export const addKnown = (one: MicroUsd | undefined, other: MicroUsd | undefined): MicroUsd | undefined =>
  one === undefined || other === undefined ? undefined : one + other;
