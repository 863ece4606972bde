import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NOTHING_SENT } from '../../../local/messages.ts';
import { commandLineOf } from '../../../local/os.ts';
import { freePort } from '../../support/processes.ts';
import {
  batchesIn,
  Command,
  command,
  EXPORT,
  endBatches,
  HELD,
  oneLine,
  tempFolder,
  wrongUse,
} from '../../support/start/command.ts';
import { reportIn } from '../../support/start/report-files.ts';

const state = tempFolder();
const args = ['--export', EXPORT, '--state', state, '--dynamodb-port', String(await freePort())];
const pidFile = join(state, 'simulated', 'dynamodb.sqlite.pid');
const BATCH = /batch (msgbatch_\w+) holds/;
let batch = '';

/** One story: each test continues where the one before left the state folder. */
describe('a run that is stopped while its batch is under way', () => {
  it('closes its databases on Ctrl-C, also when npm passes the signal on a second time', async () => {
    const run = new Command([...args, ...HELD]);
    await run.said(BATCH);
    batch = BATCH.exec(run.stdout)?.[1] ?? '';
    const pid = Number(readFileSync(pidFile, 'utf8'));
    expect(commandLineOf(pid)?.join(' ')).toContain(join(state, 'simulated', 'dynamodb.sqlite'));

    expect(await command(args)).toMatchObject(wrongUse(/is in use by process \d+: .*--state/));
    run.child.kill('SIGINT');
    run.child.kill('SIGINT');
    const { code, stdout, stderr } = await run.ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/stopped\. .*run the same command to resume it$/);
    expect(existsSync(pidFile)).toBe(false);
    expect(commandLineOf(pid)).toEqual([]);
  });

  it('continues with the same batch, and once more after it was killed outright', async () => {
    const killed = new Command(args);
    await killed.said(/resuming .*, which an earlier run started/);
    const orphan = Number(readFileSync(pidFile, 'utf8'));
    killed.child.kill('SIGKILL');
    expect((await killed.ended).signal).toBe('SIGKILL');
    expect(commandLineOf(orphan)?.[0]).toMatch(/dynoxide$/);
    endBatches(state);

    const { code, stdout, stderr } = await command(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/resuming .*, which an earlier run started/);
    expect(stdout).not.toMatch(/PENDING/);
    expect(stdout).toMatch(/COMPLETED: (\d+) of \1 sections stored, 1 round/);
    expect(commandLineOf(orphan)).toEqual([]);
  });

  it('has sent one batch and made one report in all', () => {
    expect(batchesIn(state)).toEqual([`${batch}.requests.json`]);
    expect(reportIn(join(state, 'simulated', 'reports')).answer.available_runs).toHaveLength(1);
  });
});

describe('a run that is stopped before its batch is sent', () => {
  it('ends in order when it is stopped while it starts', async () => {
    const run = new Command([...args, '--no-cache']);
    await run.said(/SIMULATED/);
    run.child.kill('SIGTERM');
    const { code, stdout, stderr } = await run.ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    // on a busy machine the batch may be sent before the signal comes, and the run must say so
    expect(batchesIn(state)).toHaveLength(stdout.includes(NOTHING_SENT) ? 1 : 2);
    expect(existsSync(join(state, 'simulated', 'lock'))).toBe(false);
  });
});

describe('two runs that are started at once on one state folder', () => {
  it('are one run and one that says so', async () => {
    const both = [0, 1].map(() => new Command([...args, ...HELD, '--no-cache']));
    const first = await Promise.race(both.map(async (run) => ({ run, end: await run.ended })));
    expect(first.end).toMatchObject({ code: 2, stderr: oneLine(/is in use by process \d+/) });
    const other = both.find((run) => run !== first.run);
    other?.child.kill('SIGTERM');
    expect((await other?.ended)?.code).toBe(130);
  });
});

describe('a job that another conversation’s run completes', () => {
  it('has its report written the next time, and is not paid for again', async () => {
    const folder = tempFolder();
    const sample = ['--state', folder];
    const stopped = new Command([...sample, ...HELD]);
    await stopped.said(BATCH);
    stopped.child.kill('SIGINT');
    await stopped.ended;
    endBatches(folder);

    const other = await command(['--export', EXPORT, '--state', folder]);
    expect(other.code).toBe(0);
    expect(other.stdout).toMatch(
      /resuming batch_report_\S+, which an earlier run started\n.*it belongs to another conversation/,
    );
    expect(other.stdout.match(/round 1: \d+ good/g)).toHaveLength(1);

    const { code, stdout, stderr } = await command(sample);
    expect({ code, stderr, stdout }).toEqual({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/its report was not written: writing it now/),
    });
    expect(stdout).toContain('15 of 15 sections stored');
    expect(batchesIn(folder)).toHaveLength(2);
  });
});
