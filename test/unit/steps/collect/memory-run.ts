import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { collect } from '../../../../lambdas/steps/collect/collect.ts';
import { hostileLine, streamOf } from './lines.ts';
import { memoryStore, STATE } from './store.ts';

/**
 * Collects so many hostile lines with a store that keeps nothing, and prints what the process holds after each tenth of them, garbage
 * collected: `node --expose-gc memory-run.ts LINES SEED`.
 */
const LINES = Number(process.argv[2] ?? 10_000);
const SEED = Number(process.argv[3] ?? 1);
/** Lines that are made at once. */
const SLICE = 100;
const SECTIONS = 3_000;

const held: number[] = [];
const arbitrary = hostileLine(SECTIONS);
const megabytes = (bytes: number): number => Math.round(bytes / 1e5) / 10;

async function* results(): AsyncGenerator<Uint8Array> {
  for (let made = 0; made < LINES; made += SLICE) {
    if (made > 0 && made % (LINES / 10) === 0) await measure();
    yield* streamOf(fc.sample(arbitrary, { numRuns: SLICE, seed: SEED + made }));
  }
  await measure();
}

async function measure(): Promise<void> {
  // what is under way comes to rest
  for (let turn = 0; turn < 20; turn++) await nextTurn();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  held.push(megabytes(heapUsed + external));
}

const { deps } = memoryStore(SECTIONS, { keep: false });
await collect({ ...deps, batches: { results: async () => results() } }, STATE);
process.stdout.write(JSON.stringify({ lines: LINES, held, peakRss: megabytes(process.resourceUsage().maxRSS * 1024) }));
