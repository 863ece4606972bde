import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { hasEnded } from '../../../local/os.ts';
import { HANGS } from '../../support/hangs.ts';
import { EXPORT, HELD, tempFolder } from '../../support/start/command.ts';
import { OnTerminal } from '../../support/start/pty.ts';

const state = tempFolder();
const argsFor = (folder: string) => ['--export', EXPORT, '--state', folder];
const args = argsFor(state);
const MOVES = /⠙/;
const STOPPED = /stopped[ .].*(starts again|resume it)/;

/** Resolves once the database of a state folder's last run has ended: one that was killed takes a moment. */
async function noDatabaseLeft(folder = state): Promise<void> {
  const pidFile = join(folder, 'simulated', 'dynamodb.sqlite.pid');
  if (existsSync(pidFile)) await vi.waitUntil(() => hasEnded(Number(readFileSync(pidFile, 'utf8'))), HANGS);
}

describe('npm start on a terminal', () => {
  it('shows what is being done, a bar of sections, the next check and the price', async () => {
    const run = new OnTerminal([...args, '--batch-seconds', '5']);
    await run.until(/░{12} 0\/6 sections · waiting: 6 processing · about \$\d\.\d\d · check in \d s/);
    expect(await run.ended).toBe(0);
    expect(run.said).toMatch(/█{12} 6\/6 sections/);
    expect(run.lines().join('\n')).toMatch(/COMPLETED: 6 of 6 sections stored[\s\S]*SIMULATED/);
  });

  it.each([{ CI: 'true' }, { NO_COLOR: '1' }, { TERM: 'dumb' }])('moves nothing with %o', async (env) => {
    const run = new OnTerminal([...args, '--batch-seconds', '1'], { env });
    expect(await run.ended).toBe(0);
    for (const line of run.said.trimEnd().split('\r\n')) expect(line).toMatch(/^ *\d+\.\d s {2}\P{Cc}+$/u);
  });
});

describe('Ctrl-C on a terminal', () => {
  /** Where a run is when it is pressed is not known: all of the start is tried. */
  it.each([0, 100, 200, 300, 400, 500, 700, 900, 1_200, 1_600, 2_200])(
    'ends a run %d ms after its first sign of life, with one line and without a process left',
    async (ms) => {
      const run = new OnTerminal([...args, ...HELD, '--no-cache']);
      await run.until(/\d s/);
      await pause(ms);
      run.press();
      expect(await run.ended).toBe(130);
      const lines = run.lines();
      expect(lines.at(-1)).toMatch(STOPPED);
      expect(lines.filter((line) => STOPPED.test(line))).toHaveLength(1);
      await noDatabaseLeft();
    },
  );

  it('is answered while the run is busy and hears nothing', async () => {
    const busy = "import { isMainThread } from 'node:worker_threads'; if (!isMainThread) for (;;);";
    const run = new OnTerminal(args, { preload: busy });
    await run.until(MOVES);
    run.press();
    expect(await run.ended).toBe(130);
    expect(run.lines().at(-1)).toMatch(/stopped before anything was sent/);
  });

  it('ends a run at once when it is pressed again', async () => {
    const closesNever = `
      AsyncDisposableStack.prototype.disposeAsync = () => new Promise(() => setInterval(() => {}, 1000));
      const timer = setTimeout;
      globalThis.setTimeout = (work, ms, ...args) => timer(work, ms === 10_000 ? 1e9 : ms, ...args);
    `;
    // a run on the state of the others resumes the batch of one that has sent it
    const own = tempFolder();
    const run = new OnTerminal([...argsFor(own), ...HELD], { preload: closesNever });
    await run.until(/batch msgbatch_\w+ holds/);
    run.press();
    await run.until(STOPPED);
    const pressed = Date.now();
    // a second keypress, not the same one that npm passes on
    while (Date.now() - pressed < 400) await pause(100);
    run.press();
    // without it, this run would never end
    expect(await run.ended).toBe(130);
    await noDatabaseLeft(own);
  });
});
