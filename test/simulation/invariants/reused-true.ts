import { isDeepStrictEqual } from 'node:util';
import { microUsd, toUsd } from '../../../lambdas/money/money.ts';
import type { Scenario } from '../scenario.ts';
import { entries, keyOf, type Left, type Row, resultsOf } from './left.ts';

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
