import { countsFor, type Spend } from '../../../lambdas/money/day.ts';
import { microUsd, toUsd } from '../../../lambdas/money/money.ts';
import { priceOf, usageSchema } from '../../../lambdas/money/prices.ts';
import type { Scenario } from '../scenarios.ts';
import type { SimulatedWorld } from '../world.ts';
import { askedOf, entries, keyOf, type Left, placeOf, type Row, resultsOf } from './left.ts';

/** Exactly one request for each section and round that was asked, and the row's cost is what the API billed. */
export function paidOnce(left: Left, { ends }: Scenario): string[] {
  const { mark } = left;
  const sent = left.batches.flatMap(({ requests }) => requests.map(({ custom_id }) => custom_id));
  const ours = sent.filter((id) => id.startsWith(mark));
  const twice = [...new Set(ours)].filter((id) => ours.indexOf(id) !== ours.lastIndexOf(id));
  const asked = new Set(askedOf(left));
  const keys = new Set(ours.map(keyOf));
  return [
    ...twice.map((id) => `paid twice: ${id} was sent more than once`),
    ...ours.filter((id) => !asked.has(keyOf(id))).map((id) => `sent and not on record as asked: ${id}`),
    // a cancelled job may have planned what it never sent
    ...(ends === 'COMPLETED'
      ? [...asked].filter((key) => !keys.has(key)).map((key) => `asked and never sent: ${key}`)
      : []),
    ...costIsTrue(left, mark),
  ];
}

/** Jobs that use known answers pay for a report once, all together, unless a person or an outage ended one of them. */
export function paidOnceTogether(world: SimulatedWorld, { payOnce }: Scenario): string[] {
  if (payOnce === undefined || world.gate.struck.some((fault) => /stopped|lasting/.test(fault))) return [];
  const paid = world.standIn.paidRequests().length;
  return paid <= payOnce ? [] : [`${paid} answers were paid for; the report has ${payOnce} sections`];
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

/** Every answer that was billed is kept whole: a good one is known by its question and published, another is named. */
export function answersKept(left: Left, { ends }: Scenario): string[] {
  const { mark } = left;
  const answers = new Map(entries(left, 'answered#').map((row) => [String(row.entry).slice('answered#'.length), row]));
  const billed = left.paid.filter(({ custom_id }) => custom_id.startsWith(mark));
  return billed.flatMap(({ custom_id }) => {
    const answer = answers.get(keyOf(custom_id));
    if (!answer) return [`billed and lost: no answer is kept of ${custom_id}`];
    if (!(answer.raw instanceof Uint8Array)) return [`billed and lost: the raw answer of ${custom_id} is not kept`];
    if (answer.kind !== 'stored')
      return typeof answer.reason === 'string' ? [] : [`the answer to ${custom_id} is neither stored nor named`];
    const ordinal = keyOf(custom_id).split('#')[1];
    const [section] = entries(left, `section#${ordinal}`);
    return [
      ...(left.known.has(String(answer.prompt_hash ?? section?.prompt_hash))
        ? []
        : [`the answer to ${custom_id} is not known`]),
      ...(ends === 'CANCELLED' || isPublished(left, answer) ? [] : [`the answer to ${custom_id} is not published`]),
    ];
  });
}

const isPublished = ({ reports }: Left, { section }: Row): boolean =>
  reports.some((row) => row.section === section && row.errors === undefined);

/** Sections with an answer of another job are not sent, have its text, and are counted with what they saved. */
export function reusedTrue(left: Left, { reuses = 0, ends, payOnce }: Scenario): string[] {
  const sections = entries(left, 'section#').filter(({ reused }) => reused !== undefined);
  const { reused = 0, reused_saved_usd: told = 0 } = resultsOf(left);
  const saved = sections.reduce((sum, section) => sum + Number((section.reused as Row).cost_micro_usd), 0);
  return [
    ...(sections.length === reuses || ends === 'CANCELLED' || payOnce !== undefined
      ? []
      : [`${sections.length} sections are reused, not ${reuses}`]),
    ...(reused === sections.length ? [] : [`the row says ${reused} reused; the ledger has ${sections.length}`]),
    ...(microUsd(Number(told)) === saved ? [] : [`the row says $${told} saved; it is $${toUsd(saved)}`]),
    ...sections.flatMap((section) => oneReused(left, section)),
  ];
}

function oneReused(left: Left, { ordinal, section, reused }: Row): string[] {
  const sent = left.batches.flatMap(({ requests }) => requests.map(({ custom_id }) => custom_id));
  const ours = sent.filter((id) => id.startsWith(left.mark) && placeOf(id).ordinal === ordinal);
  const row = left.reports.find((report) => report.section === section);
  const { job_id } = reused as Row;
  const origin = left.allReports.find((report) => report.job_id === job_id && report.section === section);
  return [
    ...ours.map((id) => `reused and bought: ${id}`),
    // a job whose row was deleted need not have published what it bought
    ...(!origin || row?.report_data === origin.report_data
      ? []
      : [`section ${section} has not the text that was bought`]),
  ];
}

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
