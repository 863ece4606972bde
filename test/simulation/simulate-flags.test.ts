import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const run = (...flags: string[]) =>
  spawnSync(process.execPath, ['test/simulation/simulate.ts', ...flags], { encoding: 'utf8' });

test.each([
  [['--workers', '0'], /--workers.*must be 1 or more/],
  [['--scenario', 'nope'], /--scenario nope is not known/],
  [['--fault', 'junk'], /--fault "junk" is none/],
])('%j is refused before anything runs, and never told as a success', (flags, says) => {
  const { status, stderr, stdout } = run(...flags);
  expect(stderr).toMatch(says);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
});
