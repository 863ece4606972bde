import type { TalliedComment } from '../comments.ts';
import type { Tally } from '../votes.ts';

/**
 * Makes any text safe to stand in a prompt as data: one line, no control characters, and no `<` or `>` that could close
 * the fence around it. Every sign is replaced by one sign, so the length stays.
 */
export const asData = (text: string): string =>
  text
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is being removed
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ')
    .replaceAll('<', '‹')
    .replaceAll('>', '›');

const cell = ({ votes, agrees, disagrees, passes }: Tally): string => `${votes} ${agrees} ${disagrees} ${passes}`;

const line = ({ tid, txt, all, groups }: TalliedComment): string =>
  [tid, cell(all), ...groups.map(cell), asData(txt)].join('|');

/**
 * The table of comments: one line each, `id|all|group …|text`, each counting cell `votes agrees disagrees passes`.
 * @param letters the groups' short names, in the order of the tallies
 */
export function commentTable(comments: readonly TalliedComment[], letters: readonly string[]): string {
  const groups = letters.map((letter) => `${letter}: votes agrees disagrees passes`);
  const columns = ['id', 'all: votes agrees disagrees passes', ...groups, 'text'].join(' | ');
  return [`<comments columns="${columns}">`, ...comments.map(line), '</comments>'].join('\n');
}
