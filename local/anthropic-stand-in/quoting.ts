import type { ShownComment } from './comments-table.ts';

const MAX_WORDS = 14;
const COMMON = new Set(
  `about above after again against almost along already although always among another because become been before being
  below between beyond better could during every everyone everything first from further given have having however instead
  itself large least little makes making might never nothing often other others ought people please rather really several
  shall should since small something still stop such their them themselves there therefore these they thing things think
  those though through together toward towards under until using wants what whatever where which while whole without would
  years your start allow keep need needs more many most much must only same than that this very want well were when will
  with does into just like make some also both each even ever over even take give help`.split(/\s+/),
);

/** The beginning of a comment in quotation marks, or undefined when it holds figures or has no words to quote. */
export function quoted(comment: ShownComment): string | undefined {
  const text = comment.text
    .replace(/\s+/g, ' ')
    .replace(/["“”„«»<>]/g, '')
    .trim();
  const [sentence = ''] = text.split(/(?<=\p{L}\p{L}[.!?;])\s/u);
  const words = sentence.replace(/[.!?;,:…\s]+$/u, '').split(' ');
  const shown = words
    .slice(0, MAX_WORDS)
    .join(' ')
    .replace(/[,:;]+$/u, '');
  // Figures in a comment would read like percentages or comment numbers of ours.
  if (/[\d%]/.test(shown) || !/\p{L}{2}/u.test(shown)) return undefined;
  return words.length > MAX_WORDS ? `“${shown} …”` : `“${shown}”`;
}

/** Up to three words that the most comments share, each in two comments or more; the words of a section's theme. */
export function themes(comments: readonly ShownComment[]): string[] {
  const counts = new Map<string, number>();
  for (const comment of comments) {
    const words = comment.text.toLowerCase().match(/\p{L}{5,}/gu) ?? [];
    for (const word of new Set(words)) if (!COMMON.has(word)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const ranked = [...counts].filter(([, count]) => count > 1).toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return ranked.slice(0, 3).map(([word]) => word);
}

/** "a", "a and b", "a, b and c". */
export function listed(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
