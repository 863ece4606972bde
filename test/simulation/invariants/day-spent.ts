import { countsFor, type Spend } from '../../../lambdas/money/day.ts';
import { toUsd } from '../../../lambdas/money/money.ts';
import { priceOf, usageSchema } from '../../../lambdas/money/prices.ts';
import type { Scenario } from '../scenario.ts';
import { entries, type Left, placeOf, type Row } from './left.ts';

/** Every round that was sent counts on its day at what the API billed, and nothing stays reserved for a job that has ended. */
export function roundsPriced(left: Left, { legacy }: Scenario): string[] {
  const spent = new Map(entries(left, 'spend#').map((row) => [Number(String(row.entry).slice('spend#'.length)), row]));
  // what the old pipeline sent was never counted
  const sent = new Set(legacy ? [] : entries(left, 'batch#').map(({ round }) => Number(round)));
  return [
    ...[...spent.keys()]
      .filter((round) => !sent.has(round))
      .map((round) => `round ${round} is counted and was not sent`),
    ...[...sent].flatMap((round) => roundPriced(left, round, spent.get(round))),
  ];
}

function roundPriced({ paid, mark }: Left, round: number, row: Row | undefined): string[] {
  if (!row) return [`round ${round} was sent and is not counted`];
  if (row.settled_micro_usd === undefined)
    return [`round ${round} is left reserved at $${toUsd(Number(row.reserved_micro_usd))}`];
  const billed = paid.filter(({ custom_id }) => custom_id.startsWith(mark) && placeOf(custom_id).round === round);
  const real = billed.reduce(
    (sum, { model, usage }) => sum + (priceOf(model, usageSchema.parse(usage), new Date()) ?? 0),
    0,
  );
  const [reserved, settled] = [Number(row.reserved_micro_usd), Number(row.settled_micro_usd)];
  return [
    ...(settled === real ? [] : [`round ${round} counts at $${toUsd(settled)}; the API billed $${toUsd(real)}`]),
    ...(real > reserved
      ? [`round ${round} cost $${toUsd(real)}, more than the $${toUsd(reserved)} that it was reserved at`]
      : []),
  ];
}

/** What a day's row says is the sum of what the rounds of that day count for, of all jobs. */
export function daysAddUp(ledger: readonly Row[]): string[] {
  const rounds = ledger.filter(({ entry }) => String(entry).startsWith('spend#')) as unknown as Spend[];
  const days = ledger.filter(({ job_id, entry }) => String(job_id).startsWith('spend:') && entry === 'total');
  const names = new Set([
    ...rounds.map(({ day }) => day),
    ...days.map(({ job_id }) => String(job_id).slice('spend:'.length)),
  ]);
  return [...names].flatMap((day) => {
    const counts = rounds.filter((row) => row.day === day).map(countsFor);
    const total = days.find(({ job_id }) => job_id === `spend:${day}`);
    return (['committed_micro_usd', 'open_micro_usd', 'unpriced_rounds'] as const).flatMap((name) => {
      const sum = counts.reduce((all, count) => all + count[name], 0);
      return sum === Number(total?.[name] ?? 0)
        ? []
        : [`${day} says ${name} ${total?.[name]}; its rounds come to ${sum}`];
    });
  });
}
