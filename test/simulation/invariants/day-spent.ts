import { costUsd } from '../../../lambdas/money/cost.ts';
import { countsFor, exactUsd, type Spend } from '../../../lambdas/money/day.ts';
import { usageSchema } from '../../../lambdas/money/tokens.ts';
import type { Scenario } from '../scenario.ts';
import { entries, type Left, placeOf, type Row } from './left.ts';

const CENT_OF_A_CENT = 1e-5;

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
  if (row.settled_usd === undefined) return [`round ${round} is left reserved at $${row.reserved_usd}`];
  const billed = paid.filter(({ custom_id }) => custom_id.startsWith(mark) && placeOf(custom_id).round === round);
  const real = billed.reduce((sum, { model, usage }) => sum + (costUsd(model, usageSchema.parse(usage)) ?? 0), 0);
  const dear = real > Number(row.reserved_usd) + CENT_OF_A_CENT;
  return [
    ...(Math.abs(Number(row.settled_usd) - real) < CENT_OF_A_CENT
      ? []
      : [`round ${round} counts at $${row.settled_usd}; the API billed $${real.toFixed(6)}`]),
    ...(dear
      ? [`round ${round} cost $${real.toFixed(6)}, more than the $${row.reserved_usd} that it was reserved at`]
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
    return (['committed_usd', 'open_usd', 'unpriced_rounds'] as const).flatMap((name) => {
      const sum = exactUsd(counts.reduce((all, count) => all + count[name], 0));
      return sum === exactUsd(Number(total?.[name] ?? 0))
        ? []
        : [`${day} says ${name} ${total?.[name]}; its rounds come to ${sum}`];
    });
  });
}
