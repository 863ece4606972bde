import { appendFileSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readExport } from '../../../local/export/read-export.ts';
import { plain } from '../../../local/output/markdown.ts';
import { Command, command, type Ended, EXPORT, tempFolder, wrongUse } from '../../support/start/command.ts';
import { citationsIn, reportIn } from '../../support/start/report-files.ts';

const state = tempFolder();
const out = join(tempFolder(), 'to', 'read');
const args = ['--export', EXPORT, '--state', state, '--out', out];

/** A copy of the export with one file changed, or taken away. */
function brokenExport(file: string, change?: (text: string) => string): string {
  const folder = tempFolder();
  cpSync(EXPORT, folder, { recursive: true });
  const path = join(folder, file);
  if (change) writeFileSync(path, change(readFileSync(path, 'utf8')));
  else rmSync(path);
  return folder;
}

describe('npm start -- --export', () => {
  let ended: Ended;
  beforeAll(async () => {
    ended = await command(args);
  });

  it('reports on the export, and says in its output and in the report what was derived', async () => {
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const { markdown, html, names } = reportIn(out);
    expect(names).toHaveLength(3);
    expect(html).toContain('>How this report was made</h2>');
    expect(markdown).toContain('# Opening hours of the town library');
    expect(ended.stdout).toContain('13 comments, 10 participants, 108 votes');
    const { derivation } = await readExport(EXPORT);
    for (const line of derivation) {
      expect(ended.stdout).toContain(line);
      expect(markdown).toContain(`- ${plain(line)}`);
    }
  });

  it('keeps the conversation number out of the JSON', async () => {
    const { zid } = (await readExport(EXPORT)).conversation;
    expect(reportIn(out).json).not.toContain(String(zid));
    expect(String(zid).length).toBeGreaterThan(4);
  });

  it('makes a new job and a new report the next time, even when nobody reads its output any more', async () => {
    const first = reportIn(out).answer;
    const again = new Command(args);
    await again.said(/comments/);
    again.child.stdout?.destroy();
    expect(await again.ended).toMatchObject({ code: 0, stderr: '' });
    const { answer } = reportIn(out);
    expect(answer.current_job_id).not.toBe(first.current_job_id);
    expect(answer.available_runs.map(({ job_id, isCurrent }) => [job_id, isCurrent])).toEqual([
      [answer.current_job_id, true],
      [first.current_job_id, false],
    ]);
    expect(Object.keys(answer.reports).sort()).toEqual(Object.keys(first.reports).sort());
    for (const { job_id } of Object.values(answer.reports)) expect(job_id).toBe(answer.current_job_id);
  });
});

it('prints what is suspicious in an export as warnings, and goes on', async () => {
  const folder = brokenExport('votes.csv', (text) => text.slice(0, -1));
  const run = new Command(['--export', folder, '--state', tempFolder()]);
  await run.said(/warning: votes\.csv does not end with a line break/);
  expect(await run.ended).toMatchObject({ code: 0, stderr: '' });
});

it('shows every cited comment in a report of which one vote has changed since the last one', async () => {
  const folder = brokenExport('votes.csv', (text) => text);
  const again = ['--export', folder, '--state', tempFolder(), '--out', join(folder, 'out')];
  expect(await command(again)).toMatchObject({ code: 0 });
  const first = citationsIn(reportIn(join(folder, 'out')));
  expect(first.listed).toEqual(first.cited);
  appendFileSync(join(folder, 'votes.csv'), '1700000200000,Tue Nov 14 22:16:40 UTC 2023,12,28,-1\n');
  const second = await command(again);
  expect(second).toMatchObject({ code: 0 });
  expect(second.stdout).toMatch(/of \d+ sections are unchanged and reused/);
  const report = reportIn(join(folder, 'out'));
  const { cited, listed } = citationsIn(report);
  expect(listed).toEqual(cited);
  expect(report.markdown).toContain('## What is suspicious in the data');
});

it('takes --all-comments only with --export', async () => {
  expect(await command(['--all-comments'])).toMatchObject(wrongUse(/--all-comments needs --export/));
});

describe('an export that cannot be read', () => {
  it.each([
    ['a folder that is not there', () => join(EXPORT, 'nowhere'), /nowhere/],
    ['a file that is missing', () => brokenExport('votes.csv'), /votes\.csv/],
    [
      'a column that is missing',
      () => brokenExport('comments.csv', (text) => text.replace('comment-body', 'body')),
      /comments\.csv.*comment-body/,
    ],
    [
      'a value that is not a vote',
      () => brokenExport('votes.csv', (text) => text.replace(/,1\n/, ',agree\n')),
      /votes\.csv line \d+.*vote/,
    ],
  ])('%s is reported in one line before anything is created', async (_, folder, line) => {
    const untouched = join(tempFolder(), 'state');
    expect(await command(['--export', folder(), '--state', untouched])).toMatchObject(wrongUse(line));
    expect(existsSync(untouched)).toBe(false);
  });
});
