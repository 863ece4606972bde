import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { replayable, SEED } from './store.ts';

/** What may come on top in the second half of the lines, in MB: the keys of lines that could not be filed. */
const MAX_GROWTH = 8;

test('the memory held while hostile lines are collected does not grow with their number', async () => {
  await replayable(async () => {
    const run = fileURLToPath(new URL('./memory-run.ts', import.meta.url));
    // the function has 1,024 MB; a run that needs more than half of that dies
    const args = ['--expose-gc', '--max-old-space-size=512', run, '5000', String(SEED)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { held } = JSON.parse(stdout) as { held: number[] };
    expect(held).toHaveLength(10);
    // the least of some, as a window with a huge line may be open at any one of them
    expect(Math.min(...held.slice(5)) - Math.min(...held.slice(0, 5))).toBeLessThan(MAX_GROWTH);
  });
});
