import { isDeepStrictEqual } from 'node:util';
import { countsFor, type Spend } from '../../../lambdas/money/day.ts';
import { microUsd, toUsd } from '../../../lambdas/money/money.ts';
import { priceOf, usageSchema } from '../../../lambdas/money/prices.ts';
import type { Scenario } from '../scenarios.ts';
import { entries, keyOf, type Left, placeOf, type Row, resultsOf } from './left.ts';

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

/** Every answer that was billed is a stored section, or a named failure with the raw answer kept. */
export function answersKept(left: Left): string[] {
  const { mark } = left;
  const answers = new Map(entries(left, 'answered#').map((row) => [String(row.entry).slice('answered#'.length), row]));
  const billed = left.paid.filter(({ custom_id }) => custom_id.startsWith(mark));
  return billed.flatMap(({ custom_id }) => {
    const answer = answers.get(keyOf(custom_id));
    if (!answer) return [`billed and lost: no answer is kept of ${custom_id}`];
    if (!(answer.raw instanceof Uint8Array)) return [`billed and lost: the raw answer of ${custom_id} is not kept`];
    return isStoredOrNamed(left, answer) ? [] : [`the answer to ${custom_id} is neither stored nor named`];
  });
}

function isStoredOrNamed({ reports }: Left, answer: Row): boolean {
  if (answer.kind !== 'stored') return typeof answer.reason === 'string';
  return reports.some((row) => row.section === answer.section && row.errors === undefined);
}

/** Sections that were not bought are marked as such, were not sent, have the text of then, and are counted with what they saved. */
export function reusedTrue(left: Left, { reuses = 0, ends }: Scenario): string[] {
  const answers = entries(left, 'answered#0#').filter(({ kind }) => kind === 'stored');
  const marked = left.reports.filter((row) => metadataOf(row).reused_from !== undefined);
  const { reused = 0, reused_saved_usd: told = 0 } = resultsOf(left);
  const saved = answers.reduce((sum, { saved_micro_usd }) => sum + Number(saved_micro_usd), 0);
  return [
    ...(answers.length === reuses || ends === 'CANCELLED'
      ? []
      : [`${answers.length} sections are reused, not ${reuses}`]),
    ...(marked.length === answers.length
      ? []
      : [`${marked.length} report rows are marked as reused; the ledger has ${answers.length}`]),
    ...(reused === answers.length ? [] : [`the row says ${reused} reused; the ledger has ${answers.length}`]),
    ...(microUsd(Number(told)) === saved ? [] : [`the row says $${told} saved; it is $${toUsd(saved)}`]),
    ...answers.flatMap((answer) => oneReused(left, answer)),
    ...hashesKept(left),
  ];
}

function oneReused(left: Left, { entry, section, reused_from: from }: Row): string[] {
  const ordinal = String(entry).split('#').at(-1);
  const sent = left.batches.flatMap(({ requests }) => requests.map(({ custom_id }) => custom_id));
  const ours = sent.filter((id) => id.startsWith(left.mark) && keyOf(id).split('#')[1] === ordinal);
  const row = left.reports.find((report) => report.section === section);
  const origin = left.allReports.find((report) => {
    const { job_id, section: name, timestamp } = from as Row;
    return report.job_id === job_id && report.section === name && report.timestamp === timestamp;
  });
  return [
    ...ours.map((id) => `reused and bought: ${id}`),
    ...(isDeepStrictEqual(metadataOf(row).reused_from, from)
      ? []
      : [`section ${section} does not say where it is from`]),
    ...(textOf(row) === textOf(origin) ? [] : [`section ${section} has not the text that was bought`]),
  ];
}

/** By the hash of its prompt a later job finds that a section need not be bought again. */
function hashesKept(left: Left): string[] {
  const hashes = new Map(entries(left, 'asked#').map(({ section, prompt_hash }) => [section, prompt_hash]));
  return left.reports
    .filter((row) => row.errors === undefined && metadataOf(row).prompt_hash !== hashes.get(row.section))
    .map(({ section }) => `section ${section} has not the hash of its prompt`);
}

const metadataOf = (row: Row | undefined): Row => (row?.metadata ?? {}) as Row;

/** A report without its id, which is the section's name. */
const textOf = (row: Row | undefined): string =>
  JSON.stringify({ ...(JSON.parse(String(row?.report_data ?? '{}')) as Row), id: '' });

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
