import { microUsd, toUsd } from '../../../lambdas/money/money.ts';
import { priceOf, usageSchema } from '../../../lambdas/money/prices.ts';
import type { Scenario } from '../scenario.ts';
import { entries, keyOf, type Left, resultsOf } from './left.ts';

/** Exactly one request for each section and round that was asked, and the row's cost is what the API billed. */
export function paidOnce(left: Left, { ends }: Scenario): string[] {
  const { mark } = left;
  const sent = left.batches.flatMap(({ requests }) => requests.map(({ custom_id }) => custom_id));
  const ours = sent.filter((id) => id.startsWith(mark));
  const twice = [...new Set(ours)].filter((id) => ours.indexOf(id) !== ours.lastIndexOf(id));
  const asked = entries(left, 'asked#').filter(({ entry }) => !String(entry).startsWith('asked#0#'));
  const keys = new Set(ours.map((id) => `asked#${keyOf(id)}`));
  return [
    ...twice.map((id) => `paid twice: ${id} was sent more than once`),
    ...ours
      .filter((id) => !asked.some(({ entry }) => entry === `asked#${keyOf(id)}`))
      .map((id) => `sent and not on record as asked: ${id}`),
    // a cancelled job may have planned what it never sent
    ...(ends === 'COMPLETED'
      ? asked.filter(({ entry }) => !keys.has(String(entry))).map(({ entry }) => `asked and never sent: ${entry}`)
      : []),
    ...costIsTrue(left, mark),
  ];
}

function costIsTrue(left: Left, mark: string): string[] {
  const billed = left.paid.filter(({ custom_id }) => custom_id.startsWith(mark));
  const real = billed.reduce(
    (sum, { model, usage }) => sum + (priceOf(model, usageSchema.parse(usage), new Date()) ?? 0),
    0,
  );
  const told = microUsd(Number(resultsOf(left).cost_usd ?? 0));
  return told === real ? [] : [`the row says a cost of $${toUsd(told)}; the API billed $${toUsd(real)}`];
}
