import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reportPage } from '../../../lambdas/report/page/page.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { sampleConversation } from '../../../local/sample.ts';
import { oneLine, runMain, useDeployed } from '../../support/cli/deployed.ts';
import { EXPORT_FILES, newFolder, removeFolders } from '../../support/export.ts';
import { hostilePage, pageOfConversation, rightToLeftPage } from '../../support/report-page.ts';
import {
  CLAIMS,
  HIDDEN,
  PEOPLE,
  reportOf,
  sectionOf,
  turned,
  VOTES,
  writeExport,
} from '../../support/report-to-verify.ts';
import { zipOf } from '../../support/zip.ts';

const deployed = useDeployed();
let folder: string;
let exported: string;
beforeAll(async () => {
  folder = await newFolder();
  exported = await writeExport(join(folder, 'export'));
});
afterAll(removeFolders);

let files = 0;
async function fileOf(text: string, end = 'json'): Promise<string> {
  files += 1;
  const file = join(folder, `report${files}.${end}`);
  await writeFile(file, text);
  return file;
}
const verify = async (report: string, ...more: string[]) => runMain(['verify', await fileOf(report), ...more]);
const GOOD = reportOf({ harbour: sectionOf(), market: sectionOf([['M+', 1]]) });
/** The votes of one comment with agree and disagree exchanged. */
const turnedVotes = (tid: number): typeof VOTES => ({
  ...VOTES,
  [tid]: (VOTES[tid] ?? []).map(([agrees, disagrees, passes]) => [disagrees, agrees, passes]),
});

describe('from the votes that the report holds', () => {
  test('a report whose claims hold is proven, in figures and without its texts', async () => {
    const said = await verify(GOOD);
    expect(said).toMatchObject({ code: 0, err: '' });
    expect(said.out).toMatch(/^report rharbour: 2 sections\n/);
    expect(said.out).toMatch(/proven +6 \(majority 2, consensus 1, difference 1, divided 1, uncertain 1\)/);
    expect(said.out).toMatch(/content +1\b[\s\S]*failed +0\b[\s\S]*Every claim holds\.\n$/);
    for (const text of [HIDDEN, 'secret-word']) expect(said.out).not.toContain(text);
  });

  test('what they refute is named with its place, its claim and the numbers', async () => {
    const said = await verify(reportOf({ harbour: sectionOf(CLAIMS, turnedVotes(0)), market: sectionOf() }));
    expect(said.code).toBe(1);
    expect(said.out).toContain('2 of 12 clauses fail.');
    expect(said.out).toContain(
      'section harbour, paragraph 1, sentence 1, clause 1 (M+ A, cites 0): the votes do not prove its claim\n  comment 0, Group A: 2 of 24 agree (8.3%)',
    );
    expect(said.out).toContain('paragraph 2, sentence 1, clause 1 (D+ A>B, cites 0)');
    expect(said.out).not.toMatch(/section market, paragraph/);
  });

  test.each([
    ['a claim that cannot be read', ['Z+', 0], /no claim, cites 0\): it has no claim/],
    ['a group that does not exist', ['M+ C', 0], /M\+ C, cites 0\): its claim names a group that does not exist/],
    ['a comment without votes', ['M+', 9], /M\+, cites 9\): it cites no comment with votes/],
  ] as const)('%s fails', async (_, claim, line) => {
    const said = await verify(reportOf({ harbour: sectionOf([claim]) }));
    expect(said.code).toBe(1);
    expect(said.out).toMatch(line);
  });

  test('sections without claims or without a text are named, and are no failure', async () => {
    const gap = { ...sectionOf(), errors: 'refusal: no' };
    const said = await verify(reportOf({ harbour: sectionOf(), old: sectionOf(CLAIMS, 'none'), gap }));
    expect(said.code).toBe(0);
    expect(said.out).toMatch(/not checked +1, as they have no claims: old\n/);
    expect(said.out).toMatch(/without text +1, as [^:]+: gap\n/);
  });

  test('a report of which nothing can be checked is not proven', async () => {
    const said = await verify(reportOf({ old: sectionOf(CLAIMS, 'none') }));
    expect(said).toMatchObject({ code: 1, err: '' });
    expect(said.out).toContain('Nothing can be proven: no section of this report has claims.');
    expect((await verify(reportOf({}))).code).toBe(1);
  });
});

describe('from an export', () => {
  test('claims hold and tallies are the same', async () => {
    const said = await verify(GOOD, '--export', exported);
    expect(said).toMatchObject({ code: 0, err: '' });
    expect(said.out).toContain('Every claim holds, and every tally of the report is that of the export.');
  });

  test('an export in a zip file counts too', async () => {
    const entries = EXPORT_FILES.map(async (name) => ({ name, text: await readFile(join(exported, name), 'utf8') }));
    const zip = join(folder, 'export.zip');
    await writeFile(zip, zipOf(await Promise.all(entries)));
    expect((await verify(GOOD, '--export', zip)).code).toBe(0);
  });

  test.each([0, 1])('votes on comment %i that are turned in it refute what the report claims', async (tid) => {
    const other = await writeExport(join(folder, `turned${tid}`), turned(tid));
    const said = await verify(GOOD, '--export', other);
    expect(said.code).toBe(1);
    expect(said.out).toMatch(/[1-9] of 7 clauses fails?\. \d+ stored tallies are not what the export says\./);
    expect(said.out).toMatch(new RegExp(`cites ${tid}\\): the votes do not prove its claim`));
  });

  test('tallies of the report that are not counted there are listed, also where its claims hold', async () => {
    const votes = { ...VOTES, 0: [VOTES[0]?.[0], [24, 0, 0], VOTES[0]?.[2]] } as typeof VOTES;
    const report = reportOf({ harbour: sectionOf(CLAIMS, votes) });
    expect((await verify(report)).code).toBe(0);
    const said = await verify(report, '--export', exported);
    expect(said.code).toBe(1);
    expect(said.out).toMatch(/failed +0\n[\s\S]*1 stored tally is not what the export says\./);
    expect(said.out).toContain(
      'section harbour, comment 0, Group A: stored 24 / 0 / 0, counted 22 / 2 / 0 (agrees / disagrees / passes)',
    );
  });

  test('a comment and a group that it does not have are named', async () => {
    const three = reportOf({ harbour: sectionOf([['c', 9]]) });
    expect((await verify(three, '--export', exported)).out).toContain(
      'section harbour, comment 9, all participants: the export has no such comment',
    );
    const alone = PEOPLE.map((person) => ({ ...person, gid: person.gid === 1 ? 2 : person.gid }));
    const other = await writeExport(join(folder, 'other-groups'), alone);
    const said = await verify(GOOD, '--export', other);
    expect(said.code).toBe(1);
    expect(said.out).toContain('Group C is in the export, and the report does not know it');
    expect(said.out).toContain('comment 0, Group B: the export has no such group');
  });

  test('one whose files contradict one another is refused', async () => {
    const broken = await writeExport(join(folder, 'broken'));
    const votes = await readFile(join(broken, 'votes.csv'), 'utf8');
    const flip = (_: string, vote: string) => (vote === '1' ? ',-1' : vote === '-1' ? ',1' : ',0');
    await writeFile(join(broken, 'votes.csv'), votes.replace(/,(-?[01])$/gm, flip));
    const said = await verify(GOOD, '--export', broken);
    expect(said).toMatchObject({ code: 1, out: '', err: oneLine(/signs of the votes are opposite/) });
  });
});

test('--json has the same, with every failure and difference', async () => {
  const other = await writeExport(join(folder, 'json'), turned(0));
  const said = await verify(GOOD, '--export', other, '--json');
  expect(said.code).toBe(1);
  const value = said.json() as Record<string, unknown>;
  expect(value).toMatchObject({
    report_id: 'rharbour',
    holds: false,
    sections: { checked: ['harbour', 'market'], not_checked: [], no_text: [] },
    figures: { clauses: 7, content: 1, failed: 2 },
    failures: [
      { section: 'harbour', paragraph: 1, sentence: 1, clause: 1, claim: 'M+ A', citations: [0], failure: 'votes' },
      { claim: 'D+ A>B' },
    ],
  });
  expect(value.differences).toContainEqual({
    section: 'harbour',
    tid: 0,
    group: null,
    stored: [22, 16, 2],
    counted: [16, 22, 2],
  });
  expect(said.out).not.toContain(HIDDEN);
});

describe('a page', () => {
  const page = reportPage(pageOfConversation(sampleConversation()));
  const verifyPage = async (html: string, ...more: string[]) =>
    runMain(['verify', await fileOf(html, 'html'), ...more]);

  test('is proven from the texts, citations and votes that stand in it', async () => {
    const said = await verifyPage(page);
    const json = JSON.stringify({ request_report_id: 'r', reports: pageOfConversation(sampleConversation()).reports });
    const ofJson = await verify(json);
    expect(said.out.split('\n').slice(1)).toEqual(ofJson.out.split('\n').slice(1));
    expect(said.out).toMatch(/proven +[1-9]/);
  });

  test.each([
    ['hostile texts', hostilePage()],
    ['another script', rightToLeftPage()],
  ])('of %s is read as it was published', async (_, input) => {
    const said = await verifyPage(reportPage(input), '--json');
    expect(said.json()).toMatchObject({ report_id: input.reportId, changed: null });
  });

  test.each([
    [
      'a vote',
      /(<tr id="c\d+">.*?<br\/?>)(\d)/s,
      (_: string, before: string, digit: string) => before + (digit === '9' ? 1 : 9),
    ],
    ['a word', /(<span id="s1p1c1">)/, '$1No: '],
    ['a citation', /(<span id="s1p1c1">.*?<\/span><sup[^>]*><a [^>]*>)(\d)/s, '$19'],
  ] as const)('with %s changed says so', async (_, place, other) => {
    const changed = page.replace(place, other as string);
    expect(changed).not.toBe(page);
    const said = await verifyPage(changed);
    expect(said.code).toBe(1);
    expect(said.out).toContain('The page is not as it was published: its fingerprint is another.');
  });

  test.each<[string, (html: string) => string]>([
    ['a share in the summary', (html) => html.replace(/(<section id="summary".*?)(\d+)%/s, '$199%')],
    ['a sentence that was put in', (html) => html.replace(/(<p id="s1p1"[^>]*>)/, '$1<span>Nobody agrees. </span>')],
    ['a word of the style', (html) => html.replace('color', 'colour')],
    ['a line end at the end', (html) => `${html}\n`],
    ['the end cut off', (html) => html.slice(0, -8)],
  ])('with %s is noticed, though every statement is as it was', async (_, change) => {
    const changed = change(page);
    expect(changed).not.toBe(page);
    const said = await verifyPage(changed);
    expect(said.code).toBe(1);
    expect(said.out).toContain('something else on the page is not');
  });

  test('may begin with a byte order mark', async () => {
    expect(await verifyPage(`\ufeff${page}`)).toMatchObject({ code: 0 });
  });

  test('with a great many elements is read', async () => {
    const said = await verifyPage(page.replace('</main>', `${'<p>'.repeat(150_000)}</main>`));
    expect(said).toMatchObject({ code: 1, err: '' });
  });

  test('whose data is damaged is one clear error', async () => {
    const said = await verifyPage(page.replace('"fingerprint":', '"x":'));
    expect(said).toMatchObject({ code: 1, out: '', err: oneLine(/^InvalidReport: .* or damaged/) });
  });
});

describe('what is no report', () => {
  test.each([
    ['text', 'some words', /is not JSON, or cut off/],
    ['a report that is cut off', GOOD.slice(0, -20), /is not JSON, or cut off/],
    ['a page of something else', '<html><body></body></html>', /a page without the data of a report, or damaged/],
    ['other JSON', '{"name": "x"}', /is no report \(reports: /],
    ['a list', '[]', /is no report/],
    [
      'a damaged section',
      reportOf({ harbour: { report_data: '{"id": "secret-word"' } }),
      /section harbour cannot be read/,
    ],
    [
      'evidence that is short of a group',
      reportOf({ harbour: sectionOf(CLAIMS, { 0: [[1, 2, 3]] }) }),
      /section harbour cannot be read \(evidence/,
    ],
  ])('%s is one clear error', async (_, body, line) => {
    const said = await verify(body);
    expect(said).toMatchObject({ code: 1, out: '', err: oneLine(line) });
    expect(said.err).toMatch(/^InvalidReport: /);
    expect(said.err).not.toContain('secret-word');
  });

  test('bytes that are not UTF-8 are one clear error', async () => {
    const file = join(folder, 'latin1.json');
    await writeFile(file, Buffer.from(GOOD.replace('{', '{"x":"caf\u00e9",'), 'latin1'));
    expect(await runMain(['verify', file])).toMatchObject({
      code: 1,
      out: '',
      err: oneLine(/^InvalidReport: .* is not UTF-8, or damaged/),
    });
  });

  test('a file, a folder or an export that cannot be read is a wrong command line', async () => {
    for (const args of [
      [join(folder, 'none.json')],
      [folder],
      [await fileOf(GOOD), '--export', join(folder, 'none')],
      [],
      [await fileOf(GOOD), '--job', 'x'],
    ])
      expect(await runMain(['verify', ...args])).toMatchObject({ code: 2, out: '', err: oneLine(/^UsageError: /) });
  });
});

test('a stored report is read by its id', async () => {
  const row = { report_id: 'rstored', model: 'm', job_id: 'job', timestamp: '2026-11-22T12:00:00Z', ...sectionOf() };
  const Item = { ...row, rid_section_model: 'rstored#harbour#m', section: 'harbour' };
  await deployed.db.send(new PutCommand({ TableName: TABLE_NAMES.reports, Item }));
  const said = await deployed.run(['verify', 'rstored', '--export', exported]);
  expect(said).toMatchObject({ code: 0, err: '' });
  expect(said.out).toMatch(/^report rstored: 1 section\n/);
  expect((await deployed.run(['verify', 'rnone'])).err).toEqual(oneLine(/^UnknownReport: /));
});

test('a file is checked without loading anything of AWS or the CDK', async () => {
  const hook = `import { registerHooks } from 'node:module';
    registerHooks({ load(url, context, next) {
      if (/node_modules\\/(@aws|@smithy|aws-|constructs|pg\\/)/.test(url)) throw new Error('loaded ' + url);
      return next(url, context);
    } });`;
  const program = fileURLToPath(new URL('../../../bin/narratives.ts', import.meta.url));
  const start = (args: string[]) =>
    new Promise<{ code: number | null; stderr: string }>((resolve) => {
      const flags = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, program];
      const child = execFile(process.execPath, [...flags, ...args], (_, _out, stderr) =>
        resolve({ code: child.exitCode, stderr }),
      );
    });
  expect(await start(['verify', await fileOf(GOOD), '--export', exported])).toEqual({ code: 0, stderr: '' });
  // the hook does notice
  expect((await start(['jobs'])).stderr).toContain('loaded ');
});
