import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runToEnd } from './processes.ts';

const REQUIREMENTS = fileURLToPath(new URL('./requirements.txt', import.meta.url));
const PROBE = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))';

/** Whether this machine has a Python that makes virtual environments and is new enough for MiniStack. */
export function hasPython(): boolean {
  try {
    execFileSync('python3', ['-c', PROBE], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Installs MiniStack at its pinned version into a virtual environment of its own. @returns the folder of its programs */
export async function installMinistack(folder: string): Promise<string> {
  const venv = join(folder, 'venv');
  await runToEnd('python3', ['-m', 'venv', venv]);
  const flags = ['--quiet', '--disable-pip-version-check', '--only-binary', ':all:', '--no-deps', '--no-compile'];
  await runToEnd(join(venv, 'bin', 'pip'), ['install', ...flags, '-r', REQUIREMENTS]);
  return join(venv, 'bin');
}
