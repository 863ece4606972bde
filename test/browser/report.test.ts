import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pageData } from '../../lambdas/report/page/build.ts';
import { clausesOf } from '../../lambdas/report/page/data.ts';
import { reportPage } from '../../lambdas/report/page/page.ts';
import { sampleConversation } from '../../local/sample.ts';
import { foundByAxe, hasBrowser, type Opener, startBrowser } from '../support/browser.ts';
import { hostilePage, pageOfConversation, rightToLeftPage } from '../support/report-page.ts';

const input = pageOfConversation(sampleConversation());
const { data } = pageData(input);
const clauses = clausesOf(data);
const SAMPLE = reportPage(input);
/** Less of the same, for checks that look at every element: a global section, and a coarse topic with a fine one. */
const SMALL = reportPage({
  ...input,
  reports: Object.fromEntries(
    ['s3', 's4', 's5'].map((id) => {
      const { section = '' } = data.sections.find((each) => each.id === id) ?? {};
      return [section, input.reports[section] as (typeof input.reports)[string]];
    }),
  ),
});
const WIDE = { viewport: { width: 1300, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

const panelIsOpen = (page: Page) => page.locator('#evidence').evaluate((panel) => panel.matches(':popover-open'));
const proved = async (page: Page) => {
  await page.click('#prove');
  await page.waitForFunction(() => document.getElementById('proved')?.textContent !== '');
  return page.textContent('#proved');
};

describe.skipIf(!hasBrowser())('the page of a report in a browser', () => {
  let browser: Opener;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  test('opens the evidence of every clause by mouse and by keyboard', async () => {
    const { page, trouble } = await browser.open(SAMPLE, WIDE);
    await page.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
    });
    const shown = await page.evaluate(
      (ids) => {
        const panel = document.getElementById('evidence') as HTMLElement;
        return ids.map((id) => {
          const clause = document.getElementById(id) as HTMLElement;
          clause.click();
          const open = panel.matches(':popover-open');
          const links = [...panel.querySelectorAll('article h4 a')].map((link) => link.getAttribute('href'));
          panel.hidePopover();
          return { id, open, links };
        });
      },
      clauses.map(({ id }) => id),
    );
    expect(shown).toEqual(
      clauses.map(({ id, clause }) => ({ id, open: true, links: clause.citations.map((tid) => `#c${tid}`) })),
    );
    for (const { id, clause } of clauses.filter((_, at) => at % 12 === 0)) {
      const link = page.locator(`#${id} + sup a`).first();
      expect(await link.getAttribute('aria-label')).toContain(clause.citations.join(', '));
      await link.focus();
      await page.keyboard.press('Enter');
      expect(await page.locator('#evidence').evaluate((panel) => panel.contains(document.activeElement))).toBe(true);
      await page.keyboard.press('Escape');
      expect(await panelIsOpen(page)).toBe(false);
      expect(await link.evaluate((each) => each === document.activeElement)).toBe(true);
    }
    expect(trouble).toEqual([]);
  });

  test('shows text, votes, claim and figures of the clause that is pointed at, until the pointer leaves', async () => {
    const { page } = await browser.open(SAMPLE, WIDE);
    const found = clauses.find(({ clause }) => clause.claim?.kind === 'difference');
    const tid = found?.clause.citations[0] ?? -1;
    const comment = data.comments.find((each) => each.tid === tid);
    await page.locator(`#${found?.id}`).hover();
    await page.waitForFunction(() => document.querySelector('#evidence:popover-open'));
    const text = await page.locator('#evidence').textContent();
    expect(text).toMatch(/proven by the votes/i);
    expect(text).toContain(comment?.text);
    expect(text).toContain('by 30 points or more');
    expect(text).toContain('the lower bound of the difference');
    const [agrees = 0, disagrees = 0, passes = 0] = comment?.votes?.[0] ?? [];
    const row = page.locator('#evidence table tr', { hasText: 'Everyone' });
    expect(await row.textContent()).toMatch(
      new RegExp(`\\d+% ${agrees}\\d+% ${passes}\\d+% ${disagrees}${agrees + disagrees + passes}$`),
    );
    // into the panel and out of it
    await page.locator('#evidence').hover();
    expect(await panelIsOpen(page)).toBe(true);
    await page.mouse.move(5, 5);
    await page.waitForFunction(() => !document.querySelector('#evidence:popover-open'));
  });

  test('opens the evidence by a tap, with the clause still to be seen', async () => {
    const { page, trouble } = await browser.open(SAMPLE, PHONE);
    await page.locator('#s2p1c2').tap();
    expect(await panelIsOpen(page)).toBe(true);
    const clause = await page.locator('#s2p1c2').boundingBox();
    const panel = await page.locator('#evidence').boundingBox();
    expect((clause?.y ?? 0) + (clause?.height ?? 0)).toBeLessThanOrEqual(panel?.y ?? 0);
    expect(trouble).toEqual([]);
  });

  test('has a place for every link, and opens what is closed around it', async () => {
    const { page } = await browser.open(SAMPLE, WIDE);
    const missing = await page.$$eval('a[href^="#"]', (links) =>
      links.map((link) => link.getAttribute('href') ?? '').filter((href) => !document.getElementById(href.slice(1))),
    );
    expect(missing).toEqual([]);
    const inner = data.sections.find(({ inside }) => inside);
    expect(await page.locator(`#${inner?.id}p1`).isVisible()).toBe(false);
    await page.click(`nav a[href="#${inner?.id}"]`);
    expect(await page.locator(`#${inner?.id}p1`).isVisible()).toBe(true);
    await page.goto(`${page.url().split('#')[0]}#${inner?.id}p1c1`);
    await page.reload();
    await expect.poll(() => page.locator(`#${inner?.id}p1c1`).isVisible()).toBe(true);
  });

  test('searches and sorts the comments', async () => {
    const { page } = await browser.open(SAMPLE, WIDE);
    await page.fill('#search', 'harbour');
    const found = data.comments.filter(({ text }) => text.toLowerCase().includes('harbour')).map(({ tid }) => tid);
    const visible = () =>
      page.$$eval('#table tbody tr:not([hidden])', (rows) => rows.map((row) => Number(row.id.slice(1))));
    expect(found.length).toBeGreaterThan(1);
    expect(await visible()).toEqual(found);
    expect(await page.textContent('#found')).toBe(`${found.length} comments`);
    await page.fill('#search', '');
    const byAgreement = (at: number) =>
      data.comments
        .map(({ tid, votes }) => {
          const [a = 0, d = 0, p = 0] = votes?.[at] ?? [];
          return { tid, share: a / (a + d + p || 1) };
        })
        .sort((a, b) => b.share - a.share || a.tid - b.tid)
        .map(({ tid }) => tid);
    await page.click('#table th:has-text("Group B") button');
    expect(await visible()).toEqual(byAgreement(2));
    expect(await page.getAttribute('#table th:has-text("Group B")', 'aria-sort')).toBe('descending');
    await page.click('#table th:has-text("Group B") button');
    expect(await page.getAttribute('#table th:has-text("Group B")', 'aria-sort')).toBe('ascending');
    await page.selectOption('#sort', 'votes');
    const most = data.comments.toSorted((a, b) => sum(b.votes?.[0]) - sum(a.votes?.[0]) || a.tid - b.tid);
    expect(await visible()).toEqual(most.map(({ tid }) => tid));
  });

  test('proves its claims again, and says so when one digit of its data is another', async () => {
    const { page } = await browser.open(SAMPLE, WIDE);
    expect(await proved(page)).toMatch(new RegExp(`^${clauses.length} claims hold\\. The data is as it was published`));
    const [row] = /<tr id="c4">.*?<\/tr>/.exec(SAMPLE) ?? [''];
    const changes: [string, string][] = [
      // a count that no claim depends on, and one that turns claims round
      [row, row.replace(/<br\/>(\d)/, (_, digit) => `<br/>${(Number(digit) % 9) + 1}`)],
      [row, row.replace(/<br\/>\d+/g, '<br/>1')],
      ['"stance":"agree","groups":["A"]', '"stance":"agree","groups":["B"]'],
      // in short, and in the list of comments
      ['61 days last year', '62 days last year'],
      [row, row.replace('Nothing new', 'Something new')],
      ['<a href="#c4">4</a>', '<a href="#c5">5</a>'],
    ];
    for (const [before, after] of changes) {
      expect(SAMPLE).toContain(before);
      const changed = await browser.open(SAMPLE.replace(before, after), WIDE);
      expect(await proved(changed.page)).toContain('is not what was published');
      expect(await changed.page.locator('#proved.bad').count()).toBe(1);
    }
    const turned = await browser.open(SAMPLE.replace(row, row.replace(/<br\/>\d+/g, '<br/>1')), WIDE);
    expect(await proved(turned.page)).toMatch(/\d+ claims do not hold/);
    await turned.page.locator('#proved a').first().click();
    expect(await turned.page.locator(':target').count()).toBe(1);
    const broken = await browser.open(SAMPLE.replace('id="data">{', 'id="data">'), WIDE);
    expect(await broken.page.textContent('#proved')).toBe('The data in this file cannot be read.');
  });

  test('offers its data for download, and cells that are no formulas', async () => {
    const { page } = await browser.open(reportPage(hostilePage()), WIDE);
    const saved = async (button: string) => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
      return readFileSync(await download.path(), 'utf8');
    };
    expect(JSON.parse(await saved('#json'))).toEqual(pageData(hostilePage()).data);
    const csv = await saved('#csv');
    expect(csv).toContain(`"'=HYPERLINK(""http://example.com"")"`);
    expect(csv.split('\r\n')[0]).toContain('comment-id,comment-body,cited,all-agrees');
  });

  test('prints everything that can be read, and no controls', async () => {
    const { page } = await browser.open(SAMPLE, WIDE);
    await page.emulateMedia({ media: 'print' });
    for (const hidden of ['nav', '#prove', '#search', '.skip'])
      expect(await page.locator(hidden).isVisible()).toBe(false);
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    for (const { id } of data.sections) expect(await page.locator(`#${id}p1`).isVisible()).toBe(true);
    expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(50_000);
  });

  test.each([
    ['in light colours', { ...WIDE, colorScheme: 'light' as const }],
    ['in dark colours', { ...WIDE, colorScheme: 'dark' as const }],
    ['on a phone', { ...PHONE, colorScheme: 'light' as const }],
  ])('has nothing that axe finds %s, with the evidence open too', async (_, options) => {
    const { page, trouble } = await browser.open(SMALL, options);
    await page.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
    });
    // axe does not look at what is out of sight
    await page.evaluate(() => {
      for (const part of document.querySelectorAll<HTMLElement>('#report > article, #comments'))
        part.style.contentVisibility = 'visible';
    });
    await page.locator('#s2p1c2').click();
    await page.waitForSelector('#evidence:popover-open');
    expect(await foundByAxe(page)).toEqual([]);
    expect(trouble).toEqual([]);
  });

  test.each([
    ['the sample', () => SAMPLE],
    ['hostile texts', () => reportPage(hostilePage())],
    ['a page from right to left', () => reportPage(rightToLeftPage())],
  ])('fits %s into 320 pixels', async (_, html) => {
    const { page } = await browser.open(html(), { viewport: { width: 320, height: 640 } });
    await page.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
    });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  });

  test('writes each text in its own direction, and names its language', async () => {
    const { page, trouble } = await browser.open(reportPage(rightToLeftPage()), WIDE);
    const direction = (selector: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((found) => getComputedStyle(found).direction);
    expect(await direction('#s1p1')).toBe('rtl');
    expect(await direction('h1')).toBe('rtl');
    expect(await direction('#trust')).toBe('ltr');
    expect(await page.getAttribute('#s1p1', 'lang')).toBe('ar');
    // a comment in another script stands in its own direction
    const starts = (id: string) =>
      page.locator(id).evaluate((cell) => {
        const range = document.createRange();
        range.selectNodeContents(cell);
        const [text, box] = [range.getBoundingClientRect(), cell.getBoundingClientRect()];
        return text.left - box.left < box.right - text.right ? 'left' : 'right';
      });
    expect([await starts('#t1'), await starts('#t2')]).toEqual(['right', 'left']);
    expect(await foundByAxe(page)).toEqual([]);
    expect(await proved(page)).toContain('as it was published');
    expect(trouble).toEqual([]);
  });

  test('leaves hostile texts inert', async () => {
    const { page, trouble } = await browser.open(reportPage(hostilePage()), WIDE);
    expect(await proved(page)).toContain('as it was published');
    for (const id of await page.$$eval('#report p > span[id]', (spans) => spans.map((span) => span.id)))
      await page.evaluate((each) => document.getElementById(each)?.click(), id);
    expect(await page.evaluate(() => (window as unknown as { hacked?: number }).hacked)).toBeUndefined();
    expect(await page.locator('main img, main iframe, main script, main form').count()).toBe(0);
    expect(await page.$$eval('a', (links) => links.filter(({ protocol }) => protocol === 'javascript:').length)).toBe(
      0,
    );
    expect(trouble).toEqual([]);
  });

  test('can be read without JavaScript: each number leads to its comment and the votes', async () => {
    const { page } = await browser.open(SAMPLE, { ...WIDE, javaScriptEnabled: false });
    const link = page.locator('#s1p1c1 + sup a').first();
    const href = (await link.getAttribute('href')) ?? '';
    await link.click();
    expect(page.url()).toMatch(new RegExp(`${href}$`));
    expect(await page.locator(`${href} td`).nth(2).textContent()).toMatch(/^\d+% \d+% \d+%\d+ \d+ \d+$/);
    for (const hidden of ['#prove', '#search', '#sort']) expect(await page.locator(hidden).isVisible()).toBe(false);
  });
});

const sum = (counts: readonly number[] = []) => counts.reduce((all, n) => all + n, 0);
