import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { shownComments } from '../../../../lambdas/report/comments.ts';
import { pageData } from '../../../../lambdas/report/page/build.ts';
import { clausesOf, thinData, wholeData } from '../../../../lambdas/report/page/data.ts';
import { proveAgain } from '../../../../lambdas/report/page/evidence.ts';
import type { ReportPageInput } from '../../../../lambdas/report/page/input.ts';
import { reportPage } from '../../../../lambdas/report/page/page.ts';
import { shownTexts } from '../../../../lambdas/report/page/texts.ts';
import { countsOfCell } from '../../../../lambdas/report/page/view/votes.ts';
import { sampleConversation } from '../../../../local/sample.ts';
import { hostilePage, largePage, pageOfConversation, rightToLeftPage } from '../../../support/report-page.ts';

const input = pageOfConversation(sampleConversation());
const html = reportPage(input);
const { data } = pageData(input);
/** The sample with some of its section rows changed. */
const changed = (change: (row: ReportPageInput['reports'][string]) => object): ReportPageInput => ({
  ...input,
  reports: Object.fromEntries(Object.entries(input.reports).map(([name, row]) => [name, { ...row, ...change(row) }])),
});
const textOf = (page: string) => page.replace(/<(style|script)[\s\S]*?<\/\1>|<[^>]+>/g, ' ').replace(/\s+/g, ' ');

describe('the file', () => {
  test.each([
    ['the sample', input],
    ['hostile texts', hostilePage()],
    ['another script', rightToLeftPage()],
    ['400 comments', largePage(400)],
    ['2,000 comments in five groups', largePage(2000, 5)],
  ])('of %s is at most half as large again as its data, and 150 KB', (_, each) => {
    const size = Buffer.byteLength(JSON.stringify(pageData(each).data));
    expect(Buffer.byteLength(reportPage(each))).toBeLessThanOrEqual(1.5 * size + 150_000);
  });

  test('asks for nothing: its policy allows its own script and style, by their hashes', () => {
    const [, policy = ''] = /Content-Security-Policy" content="([^"]+)"/.exec(html) ?? [];
    const hashOf = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`;
    const [, script = ''] = /<script>([\s\S]*?)<\/script>/.exec(html) ?? [];
    const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(html) ?? [];
    expect(policy.replaceAll('&#39;', "'")).toBe(
      `default-src 'none'; script-src '${hashOf(script)}'; style-src '${hashOf(style)}'; img-src data:; base-uri 'none'; form-action 'none'`,
    );
    expect(html).not.toMatch(/ (on\w+|style)="/);
    expect(html).not.toMatch(/(src|href)="(?!#|data:,)/);
  });

  test('is the same for the same report', () => expect(reportPage(input)).toBe(html));

  test('holds each clause and each comment once besides what it says in short', () => {
    const body = html.slice(html.indexOf('id="report"'));
    for (const { text } of data.comments.slice(0, 20)) {
      const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
      expect(body.split(`>${escaped}<`).length - 1).toBe(1);
    }
  });
});

test('the data that is kept without texts becomes whole again', () => {
  const texts = new Map<string, string>();
  const clauses = new Map(clausesOf(data).map(({ id, clause }) => [id, clause]));
  for (const { tid, text } of data.comments) texts.set(`t${tid}`, text);
  for (const section of data.sections) {
    texts.set(`${section.id}h`, section.title);
    for (const [at, { title }] of section.paragraphs.entries()) texts.set(`${section.id}p${at + 1}h`, title);
  }
  for (const [id, { text }] of clauses) texts.set(id, text);
  const whole = wholeData(JSON.parse(JSON.stringify(thinData(data))), {
    text: (id) => texts.get(id) ?? '',
    clause: (id) => clauses.get(id) ?? { citations: [], standing: 'failed' },
    votes: (tid) => data.comments.find((comment) => comment.tid === tid)?.votes,
  });
  // the fingerprint is that of the text
  expect(JSON.stringify(whole)).toBe(JSON.stringify(data));
});

test.each([
  ['40% 20% 40%', '4 2 4', [4, 4, 2]],
  ['', '0 0 0', [0, 0, 0]],
  ['', '–', undefined],
])('the counts of a cell that shows %s and %s are %j', (_, last, counts) => {
  expect(countsOfCell({ lastChild: { textContent: last } })).toEqual(counts);
});

describe('what the page says of itself', () => {
  test('counts the statements by how they stand', () => {
    const count = (standing: string) => clausesOf(data).filter(({ clause }) => clause.standing === standing).length;
    expect(proveAgain(data)).toEqual({ holds: clausesOf(data).length, failed: [] });
    expect(textOf(html)).toContain(`${count('proven')} statements are proven by the votes`);
    expect(textOf(html)).toContain(`${count('thin')} statements say that too few people voted`);
  });

  test('shows a clause that the votes do not prove, wherever it comes from', () => {
    const lying = changed(({ report_data = '' }) => ({
      report_data: report_data.replace('"stance":"agree"', '"stance":"disagree"'),
    }));
    const { failed } = proveAgain(pageData(lying).data);
    expect(failed.length).toBeGreaterThan(0);
    expect(textOf(reportPage(lying))).toMatch(/\d+ statements? (is|are) not proven by the votes/);
  });

  test('says that sections were not checked, and tells nothing in short then', () => {
    const text = textOf(reportPage(changed(() => ({ metadata: { section_kind: 'topic', claims: 'off' } }))));
    expect(text).toContain('The statements of this report were not compared with the votes.');
    expect(text).toContain('No statement of this report is proven by votes');
    expect(text).not.toContain('In every group most agree, ');
    // the votes are shown all the same
    expect(text).toMatch(/\d+% \d+% \d+% \d+ \d+ \d+/);
  });

  test('names price, model, instructions, and how much of what stands for a group it cites', () => {
    const text = textOf(
      reportPage({
        ...input,
        costUsd: 0.0123,
        coverage: {
          groups: [{ letter: 'A', representative: [{ tid: 1 }, { tid: 148 }], cited: [1] }],
          voters: { voters: 400, cited: 300 },
          missing: [148],
        },
      }),
    );
    for (const part of [
      'Price $0.0123',
      'Written by a program of the tests',
      'Version of the instructions 1',
      'Group A: 1 of 2 comments that stand for this group are cited',
      '300 of 400 voters',
      'no section cites them: 148',
    ])
      expect(text).toContain(part);
  });

  test('says that it is simulated, and names no model or price then', () => {
    const text = textOf(reportPage({ ...input, simulated: true, model: 'claude-x', costUsd: 1 }));
    expect(text).toContain('Simulated: no model wrote this text.');
    expect(text).not.toMatch(/claude-x|\$1/);
  });

  test('marks groups of fewer than 30 people, and cells of fewer than 10 votes', () => {
    const page = reportPage(rightToLeftPage());
    expect(textOf(page).match(/Fewer than 30 people/g)).toHaveLength(1);
    expect(html).toMatch(/<td class="v a\d+ d\d+ f">/);
  });

  test('tells what is left out, and why', () => {
    const [gone = ''] = Object.keys(input.reports);
    const sentences = [{ clauses: [{ text: 'The best scores 0.4.', citations: [] }] }];
    const gap = { id: gone, title: 'x', paragraphs: [{ id: 'why', title: '', sentences }] };
    const without = changed((row) =>
      row.section === gone ? { errors: 'no_comments: none', report_data: JSON.stringify(gap) } : {},
    );
    const text = textOf(
      reportPage({ ...without, leftOut: { rejected: 1, meta: 2 }, inNoSection: { count: 9, mostVoted: [3, 4] } }),
    );
    expect(text).toContain('The best scores 0.4.');
    expect(text).toContain('1 comment is rejected by moderators. 2 comments are about the voter');
    expect(text).toContain('9 comments are shown in no section. Most voted on: 3 , 4');
  });

  test('is in German for a text in German', () => {
    // the language of a text that was not checked is that of the comments
    const unchecked = changed(() => ({ metadata: { section_kind: 'topic', claims: 'off' } }));
    const page = reportPage({ ...unchecked, language: 'de' });
    expect(page).toContain('<html lang="de">');
    const text = textOf(page);
    expect(text).toContain('Wer die Meinungsgruppen sind');
    expect(text).toContain('Gruppe A');
    expect(text).toContain('27. Mai 2026');
  });

  test('shows a report that has no votes, groups, map or comments', () => {
    const bare = changed(({ report_data = '' }) => ({
      report_data: JSON.stringify({ ...JSON.parse(report_data), evidence: undefined }),
    }));
    const text = textOf(reportPage({ ...bare, groups: [], tallies: new Map(), texts: new Map(), map: undefined }));
    expect(text).toContain('The text of this comment is not in this file.');
    expect(text).toContain('Where the groups stand on the map is not known here.');
  });
});

describe('comments that nobody is to read any more', () => {
  const { mod_level = -2 } = sampleConversation().report;
  const comments = sampleConversation().comments.map((comment) => ({ ...comment, selected: true }));
  const showing = { mod_level, include_moderation: true, exclude_comment_selections: true };
  const [cited = -1] = pageData(input).data.comments.map(({ tid }) => tid);
  const rejected = comments.map((comment) => (comment.tid === cited ? { ...comment, mod: -1 } : comment));

  test('stand in the page with their votes and the reason, and without their text', () => {
    const page = reportPage({ ...input, texts: shownTexts(rejected, showing) });
    const { txt = '' } = comments.find(({ tid }) => tid === cited) ?? {};
    expect(html).toContain(txt);
    expect(page).not.toContain(txt);
    expect(textOf(page)).toContain('This comment is not shown: moderators rejected it.');
    const [row = ''] = new RegExp(`<tr id="c${cited}">.*?</tr>`).exec(page) ?? [];
    expect(row).toMatch(/\d+% \d+% \d+%/);
  });

  test('are those that the report leaves out by now', () => {
    const { shown, leftOut } = shownComments(rejected, showing);
    const texts = shownTexts(rejected, showing);
    expect(
      [...texts]
        .filter(([, text]) => 'hidden' in text)
        .map(([tid]) => tid)
        .sort(),
    ).toEqual([...leftOut.keys()].sort());
    expect(texts.size).toBe(shown.length + leftOut.size);
  });
});
