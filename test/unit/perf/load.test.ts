import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** `npm run load` with flags, in a process of its own. */
function load(...args: string[]) {
  const options = { cwd: ROOT, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['perf/load.ts', ...args], options);
  return { status, stdout, stderr };
}

describe('the flags of the load', () => {
  it.each([
    [['--only', 'x'], '--only should be jobs, lines, batch or stream'],
    [['--help=yes'], '--help takes no value'],
    [['--bogus'], '--bogus is not a flag'],
    [['jobs'], '"jobs" is not a flag'],
  ])('%j are refused in one line with exit code 2', (args, problem) => {
    expect(load(...args)).toEqual({ status: 2, stdout: '', stderr: `${problem}; --help prints the flags\n` });
  });

  it('are all printed by --help', () => {
    const { status, stdout } = load('--help');
    expect(status).toBe(0);
    for (const flag of ['only', 'help']) expect(stdout).toMatch(new RegExp(`^  --${flag}\\b`, 'm'));
  });
});
