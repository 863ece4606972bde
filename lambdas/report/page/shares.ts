import type { Counts } from './data.ts';

export const votesOf = ([agrees, disagrees, passes]: Counts): number => agrees + disagrees + passes;

/** 0 to 1; 0 where nobody voted */
export function shareOf(counts: Counts, side: 'agree' | 'disagree' | 'pass'): number {
  const n = votesOf(counts);
  return n === 0 ? 0 : counts[side === 'agree' ? 0 : side === 'disagree' ? 1 : 2] / n;
}
