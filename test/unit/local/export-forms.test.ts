import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readExport } from '../../../local/export/read-export.ts';
import {
  changedExport,
  EXPORT,
  EXPORT_FILES,
  flipCells,
  flipVotes,
  newFolder,
  refusal,
  removeFolders,
  rows,
} from '../../support/export.ts';
import { type ZipEntry, zipOf } from '../../support/zip.ts';

afterEach(removeFolders);

/** The names that the report page gives to the files today. */
const TODAY = (prefix: string) => ({
  'comments.csv': `${prefix}comments.csv`,
  'votes.csv': `${prefix}votes.csv`,
  'participants-votes.csv': `${prefix}participant-votes.csv`,
  'summary.csv': `${prefix}summary.csv`,
});

async function named(names: Record<string, string>, folder?: string): Promise<string> {
  const to = folder ?? (await newFolder());
  for (const [file, name] of Object.entries(names)) await writeFile(join(to, name), await readFile(join(EXPORT, file)));
  return to;
}

async function entries(names: Record<string, string>): Promise<ZipEntry[]> {
  const read = async ([file, name]: [string, string]) => ({ name, text: await readFile(join(EXPORT, file), 'utf8') });
  return Promise.all(Object.entries(names).map(read));
}

async function zipFile(content: Buffer): Promise<string> {
  const file = join(await newFolder(), 'export.zip');
  await writeFile(file, content);
  return file;
}

/** What does not depend on the names of the files. */
const content = async (path: string) => {
  const { derivation: _, ...rest } = await readExport(path);
  return rest;
};

describe('names of files', () => {
  it.each([
    ['a report', TODAY('2025-06-19-1201-r123-')],
    ['a conversation', TODAY('2025-06-19-1201-3ntrtcehas-')],
    ['a name with hyphens', TODAY('2025-06-19-1201-town-votes-')],
    ['no date', TODAY('r123-')],
    ['a second download', { ...TODAY(''), 'votes.csv': 'votes (1).csv' }],
    [
      'another minute for each file',
      { ...TODAY('2025-06-19-1201-r123-'), 'votes.csv': '2025-06-19-1202-r123-votes.csv' },
    ],
    ['capitals', { ...TODAY(''), 'votes.csv': 'Votes.CSV' }],
  ])('may be those of %s', async (_, names) => {
    expect(await content(await named(names))).toEqual(await content(EXPORT));
  });

  it.each([
    ['two conversations', 'r456-votes.csv'],
    ['two downloads of one file', 'votes (1).csv'],
    ['both names of one file', 'participant-votes.csv'],
  ])('of %s in one folder are refused, and both are named', async (_, name) => {
    const folder = await changedExport({});
    await writeFile(join(folder, name), await readFile(join(EXPORT, 'votes.csv')));
    const message = await refusal(folder);
    expect(message).toContain('more than one export: it has both');
    expect(message).toContain(name);
    expect(message).toMatch(/ and (.*)\. Put each export/);
  });

  it('that systems hide, and other files, are left alone', async () => {
    const folder = await named({ 'votes.csv': '._votes.csv', 'summary.csv': 'format.json' }, await changedExport({}));
    expect(await readExport(folder)).toEqual(await readExport(EXPORT));
  });
});

describe('a zip file', () => {
  it.each([
    ['with the files', TODAY('')],
    ['with the files in a folder', TODAY('export/2025-06-19-1201-r123-')],
  ])('%s is read like a folder', async (_, names) => {
    const hidden = { name: '__MACOSX/export/._votes.csv', text: 'x' };
    expect(await content(await zipFile(zipOf([...(await entries(names)), hidden])))).toEqual(await content(EXPORT));
  });

  it('with two exports is refused', async () => {
    const two = [...(await entries(TODAY('a/'))), ...(await entries(TODAY('b/')))];
    expect(await refusal(await zipFile(zipOf(two)))).toMatch(/both a\/comments\.csv and b\/comments\.csv/);
  });

  it('that lacks a file is refused', async () => {
    const [, ...rest] = await entries(TODAY(''));
    expect(await refusal(await zipFile(zipOf(rest)))).toMatch(/^comments\.csv is missing in .*export\.zip/);
  });

  it.each([
    ['a size that is absurd', { size: 2 ** 31 }, /is too large: its files hold 2,048 MB, and at most 400 MB/],
    ['a size that is wrong', { size: 5 }, /^votes\.csv: cannot be unpacked from .*download the zip file again/],
    ['a wrong check sum', { crc: 1 }, /^votes\.csv: cannot be unpacked from .*check sum/],
  ])('with %s is refused', async (_, lies, message) => {
    const lying = (await entries(TODAY(''))).map((entry) => (entry.name === 'votes.csv' ? { ...entry, lies } : entry));
    expect(await refusal(await zipFile(zipOf(lying)))).toMatch(message);
  });

  it.each([0.01, 0.3, 0.6, 0.9, 0.99])('of which only %f is left is refused in one line', async (share) => {
    const whole = zipOf(await entries(TODAY('')));
    expect(await refusal(await zipFile(whole.subarray(0, whole.length * share)))).toMatch(
      /is not a zip file that can be read/,
    );
  });
});

describe('encodings', () => {
  it.each(EXPORT_FILES)('of %s may be UTF-16 with a byte order mark', async (file) => {
    const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le');
    expect(await readExport(await changedExport({ [file]: utf16 }))).toEqual(await readExport(EXPORT));
    const other = (text: string) => utf16(text).swap16();
    expect(await readExport(await changedExport({ [file]: other }))).toEqual(await readExport(EXPORT));
  });

  it.each(EXPORT_FILES)('of %s other than UTF-8 are refused with the line and the byte', async (file) => {
    const latin1 = (text: string) => Buffer.from(text.replace(/\n([^\n]*)$/, '\n\u00FC$1'), 'latin1');
    const lines = (await readFile(join(EXPORT, file), 'utf8')).split('\n').length;
    expect(await refusal(await changedExport({ [file]: latin1 }))).toContain(
      `${file} line ${lines}: the byte 0xFC is not UTF-8`,
    );
  });

  it.each(EXPORT_FILES)('of %s with NUL are refused with the line', async (file) => {
    const nul = (text: string) => text.replace('\n', '\n\0');
    expect(await refusal(await changedExport({ [file]: nul }))).toContain(`${file} line 2: holds a NUL character`);
    const utf16 = (text: string) => Buffer.from(text, 'utf16le');
    expect(await refusal(await changedExport({ [file]: utf16 }))).toContain(`${file} line 1: holds a NUL character`);
  });

  it('that garbled comments are a warning that names the first comment', async () => {
    const garbled = (text: string) => text.replace('Books for children', 'B\uFFFDcher f\u00C3\u00BCr children');
    const { warnings } = await readExport(await changedExport({ 'comments.csv': garbled }));
    expect(warnings).toEqual([
      expect.stringMatching(/^comments\.csv: 1 comment has garbled characters.*comment 10, line 4/),
    ]);
  });
});

describe('columns', () => {
  /** Adds columns to comments.csv, before the text of the comment. */
  const withColumns = (names: string, cells: (tid: string) => string) => (text: string) =>
    text
      .replace(/^(timestamp.*),comment-body$/m, `$1,${names},comment-body`)
      .replace(/^(\d{13},[^,]*,(\d+),\d+,\d+,\d+,-?\d),/gm, (_, before, tid) => `${before},${cells(tid)},`);

  it('that say which comments are seeds, and which are about the voter, are honoured', async () => {
    const marked = withColumns('importance,is-seed,is-meta', (tid) => `7,${tid === '3'},${tid === '12' ? 't' : 'f'}`);
    const { comments, math, derivation, clusterAssignments } = await readExport(
      await changedExport({ 'comments.csv': marked }),
    );
    expect(comments.filter(({ is_seed }) => is_seed).map(({ tid }) => tid)).toEqual([3]);
    expect(comments.filter(({ is_meta }) => is_meta).map(({ tid }) => tid)).toEqual([12]);
    expect(math.data['meta-tids']).toEqual([12]);
    expect(clusterAssignments[12]).toMatchObject({ comment_id: 12, layer0_cluster_id: -1 });
    expect(derivation.join()).toMatch(/export marks as about the voter \(meta\) are left out/);
    expect((await readExport(EXPORT)).derivation.join()).toMatch(/does not say which comments are seed/);
  });

  it('with another value than true or false are refused', async () => {
    const marked = withColumns('is-meta', () => 'maybe');
    expect(await refusal(await changedExport({ 'comments.csv': marked }))).toMatch(
      /line 2, column "is-meta": expected true or false/,
    );
  });

  it('may be in any order, with others between', async () => {
    const reversed = rows((all) => all.map((cells, line) => [...cells.toReversed(), line === 0 ? 'more' : '9']));
    const folder = await changedExport({ 'votes.csv': reversed, 'participants-votes.csv': reversed });
    expect(await readExport(folder)).toEqual(await readExport(EXPORT));
  });

  it.each([
    [';', 'semicolons'],
    ['\t', 'tabs'],
  ])('between "%s" are refused by name', async (sign, name) => {
    const separated = (text: string) => text.replaceAll(',', sign);
    expect(await refusal(await changedExport({ 'votes.csv': separated }))).toMatch(
      new RegExp(`^votes\\.csv line 1, column "timestamp": is missing: the cells seem to be separated by ${name}`),
    );
  });

  it('that are there twice are refused', async () => {
    const twice = rows((all) => all.map((cells) => [...cells, cells.at(-1) ?? '']));
    expect(await refusal(await changedExport({ 'votes.csv': twice }))).toMatch(
      /column "vote": expected each column once/,
    );
  });
});

describe('the sign that an export declares', () => {
  const declares = (convention: string) => (text: string) => `${text}vote-convention,${convention}`;

  it.each(['agree=+1;disagree=-1;pass=0;format=polis-export/1', 'pass=0;agree=1', 'agree=+1'])(
    'is the usual one with %s',
    async (convention) => {
      const declared = await changedExport({ 'summary.csv': declares(convention) });
      expect((await readExport(declared)).votes).toEqual((await readExport(EXPORT)).votes);
    },
  );

  it('may be the other one', async () => {
    const folder = await changedExport({
      'summary.csv': declares('agree=-1;disagree=+1;pass=0'),
      'votes.csv': flipVotes,
      'participants-votes.csv': flipCells('without counts'),
    });
    const [other, usual] = [await readExport(folder), await readExport(EXPORT)];
    expect(other.votes).toEqual(usual.votes);
    expect(other.math).toEqual(usual.math);
    expect(other.derivation.join('\n')).toMatch(/summary\.csv declares that -1 means agree/);
  });

  it('has to fit the files', async () => {
    const folder = await changedExport({ 'summary.csv': declares('agree=-1') });
    expect(await refusal(folder)).toMatch(
      /^participants-votes\.csv line 3, column "n-agree": says 6 agrees.*summary\.csv declares/,
    );
    const fitting = await changedExport({
      'summary.csv': declares('agree=-1'),
      'participants-votes.csv': flipCells('without counts'),
    });
    expect(await refusal(fitting)).toMatch(/^votes\.csv, .*opposite.*summary\.csv declares agree=-1/);
  });

  it.each(['', 'agree', 'agree=0', 'agree=2;disagree=-2', 'agree=1;disagree=1', 'agree=1;pass=1', 'disagree=1'])(
    'is refused when it cannot be understood: "%s"',
    async (convention) => {
      const folder = await changedExport({ 'summary.csv': declares(convention) });
      expect(await refusal(folder)).toMatch(/^summary\.csv line 10, column "vote-convention": expected agree=\+1/);
    },
  );
});
