import { entries, keyOf, type Left, type Row } from './left.ts';

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
