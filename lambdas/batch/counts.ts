import type { BatchStatus } from '../stores/anthropic.ts';

/** How many requests a batch holds, whatever has become of them. */
export const requestCount = ({ counts }: Pick<BatchStatus, 'counts'>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);
