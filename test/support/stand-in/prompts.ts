import type { Narrative } from '../../../stand-in/narrative.ts';

export const HEADER =
  'id | all: votes agree disagree pass | A: votes agree disagree pass | B: votes agree disagree pass | text';
export const ROWS = [
  '3|40 36 2 2|20 19 1 0|20 17 1 2|Keep the old harbour open to walkers and cyclists — también en invierno',
  '7|40 22 14 4|20 18 1 1|20 4 13 3|Close the harbour road to cars | trial first',
  '12|40 5 31 4|20 2 16 2|20 3 15 2|Sell the harbour warehouses to the highest bidder',
  '15|40 14 11 15|20 8 5 7|20 6 6 8|A tram line should be built before 2031 for 40% less',
];

/** The user message of one section, with its table of comments. */
export function message(section: string, rows = ROWS, header = HEADER): string {
  return `Section: ${section}\n\n<comments columns="${header}">\n${rows.join('\n')}\n</comments>\nWrite the section.`;
}

export function citationsOf({ paragraphs }: Narrative): number[] {
  return paragraphs.flatMap((p) => p.sentences.flatMap((s) => s.clauses.flatMap((c) => c.citations)));
}

export function proseOf(narrative: Narrative, paragraph?: string): string {
  const shown = narrative.paragraphs.filter(({ id }) => paragraph === undefined || id === paragraph);
  return shown.flatMap((p) => p.sentences.map((s) => s.clauses.map((c) => c.text).join(' '))).join(' ');
}
