/** Words and figures of the pages. Nothing here needs Node.js. */

/** US dollars; null stands for a price that is not known. */
export const usd = (amount: number | null): string => (amount === null ? 'price unknown' : `$${amount.toFixed(4)}`);

export const count = (number: number): string => number.toLocaleString('en');

/** A count with its noun, such as `1 round` and `2 rounds`. */
export const counted = (number: number, one: string, more = `${one}s`): string =>
  `${count(number)} ${number === 1 ? one : more}`;

/** `2026-11-26 12:03:04` of an ISO time. */
export const clock = (iso: string): string => iso.slice(0, 19).replace('T', ' ');

/** Seconds from a time to another, such as `58 s`, `4 min 10 s` and `2 h 5 min`. @param to ms since the epoch */
export function elapsed(from: string, to: number): string {
  const seconds = Math.max(0, Math.round((to - Date.parse(from)) / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

/** How far batches are, without what counts nothing: `0 errored, 0 canceled` says nothing. */
export const withoutZeros = (progress: string): string => progress.replace(/(?<=; )0 [a-z]+, |, 0 [a-z]+/g, '');
