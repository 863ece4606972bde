import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** `npm run bench` with flags, in a process of its own. */
function bench(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['perf/bench.ts', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('the flags of the benchmarks', () => {
  it.each([
    [['--only', 'x'], '--only should be submit, collect, prompts, functions, worker, claims or page'],
    [['--only'], '--only should be submit, collect, prompts, functions, worker, claims or page'],
    [['--pairs', 'abc'], '--pairs should be a whole number from 1 to 100'],
    [['--pairs', '0'], '--pairs should be a whole number from 1 to 100'],
    [['--help=yes'], '--help takes no value'],
    [['--bogus'], '--bogus is not a flag'],
    [['x'], '--only should be submit, collect, prompts, functions, worker, claims or page'],
    [['prompts', 'claims'], '"claims" is not a flag'],
    [['claims', '--data'], '--data needs the path of a folder'],
  ])('%j are refused in one line with exit code 2', (args, problem) => {
    expect(bench(...args)).toEqual({ status: 2, stdout: '', stderr: `${problem}; --help prints the flags\n` });
  });

  it('are all printed by --help', () => {
    const { status, stdout, stderr } = bench('--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const flag of ['only', 'data', 'pairs', 'help']) expect(stdout).toMatch(new RegExp(`^  --${flag}\\b`, 'm'));
  });

  it('a folder that is not there is one clear error', () => {
    const { status, stderr } = bench('claims', '--data', 'no/such/folder');
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: '--data no/such/folder does not exist: name a folder with one folder for each export\n',
    });
  });

  it('--only prompts measures the sample and says where the other conversations come from', () => {
    const { status, stdout } = bench('--only', 'prompts');
    expect(status).toBe(0);
    expect(stdout).toMatch(/sample: all that is sent +[\d,]+ +\d+ sections/);
    expect(stdout).toContain('come with --only submit');
    expect(stdout).not.toMatch(/Collect|Claim to submit|Bundles/);
  });
});
