import { hash } from 'node:crypto';

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** A source of numbers 0 ≤ x < 1. */
export type Random = () => number;

/**
 * A small seeded generator (Tommy Ettinger's public-domain mulberry32): the same seed always gives the same numbers.
 * @param seed any integer; its low 32 bits count
 */
export function mulberry32(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from `low` to `high`, both possible. */
export function between(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

/** A copy of `items` in random order (Fisher–Yates). */
export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const left = [...items];
  const drawn: T[] = [];
  while (left.length > 0) drawn.push(...left.splice(between(random, 0, left.length - 1), 1));
  return drawn;
}

/** A 32-bit unsigned number from a text; the same text gives the same number. */
export function hash32(text: string): number {
  return Number.parseInt(hash('sha1', text, 'hex').slice(0, 8), 16);
}

/** An id such as `msg_01…`: prefix, `01` and 22 letters and digits that follow from the key. */
export function idFrom(prefix: string, key: string): string {
  const bytes = hash('sha256', `${prefix}/${key}`, 'buffer');
  let letters = '';
  for (let i = 0; i < 22; i++) letters += BASE58[(bytes[i] ?? 0) % BASE58.length];
  return `${prefix}_01${letters}`;
}
