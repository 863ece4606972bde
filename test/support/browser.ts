import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { HANGS } from './hangs.ts';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const program = [process.env.CHROMIUM, ...PLACES].find((path) => path !== undefined && existsSync(path));

/**
 * Whether there is a Chromium here; the tests that need one are skipped without it, and say so.
 * @throws Error in continuous integration, which installs it
 */
export function hasBrowser(): boolean {
  if (program !== undefined) return true;
  const what = `no Chromium at ${PLACES.join(', ')}: install the package chromium, or set CHROMIUM to its path`;
  if (process.env.CI) throw new Error(what);
  console.log(`tests in a browser skipped: ${what}`);
  return false;
}

/** A page of a browser, and what went wrong in it. */
export interface VisitedPage {
  page: Page;
  /** errors and warnings of the console, errors of scripts, dialogs, and requests that the test does not expect */
  trouble: string[];
}

/** What axe finds wrong by WCAG 2.2 AA in a page as it is: each rule with its first places. */
export async function foundByAxe(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
    // there are no frames, whose results would be put together in a second page
    .setLegacyMode()
    .analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).slice(0, 3)}`);
}

/** A browser that visits addresses of this machine. */
export interface Visitor {
  visit: (url: string, options?: BrowserContextOptions) => Promise<VisitedPage>;
  close: () => Promise<void>;
}

/** Starts a browser. What it asks any other address for than the one it visits is trouble. */
export async function startVisitor(): Promise<Visitor> {
  const browser = await launch();
  return {
    visit: (url, options) => watched(browser, url, options, (asked) => new URL(asked).origin === new URL(url).origin),
    close: () => browser.close(),
  };
}

/** A browser and a folder of files that it opens. */
export interface Opener {
  open: (html: string, options?: BrowserContextOptions) => Promise<VisitedPage>;
  close: () => Promise<void>;
}

/** Starts a browser. Nothing that it opens can reach a network, and what a file asks for beside itself is trouble. */
export async function startBrowser(): Promise<Opener> {
  const browser = await launch();
  const folder = mkdtempSync(join(tmpdir(), 'report-page-'));
  let files = 0;
  return {
    async open(html, options) {
      files += 1;
      const file = join(folder, `${files}.html`);
      writeFileSync(file, html);
      const url = pathToFileURL(file).href;
      const isItself = (asked: string) => asked.split('#')[0] === url || /^(data|blob):/.test(asked);
      return watched(browser, url, { offline: true, ...options }, isItself);
    },
    async close() {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function launch(): Promise<Browser> {
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: program ?? '', args });
}

async function watched(
  browser: Browser,
  url: string,
  options: BrowserContextOptions | undefined,
  expected: (asked: string) => boolean,
): Promise<VisitedPage> {
  const page = await (await browser.newContext(options)).newPage();
  page.setDefaultTimeout(HANGS.timeout);
  const trouble: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) trouble.push(message.text());
  });
  page.on('pageerror', (error) => trouble.push(String(error)));
  page.on('dialog', (dialog) => {
    trouble.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!expected(request.url())) trouble.push(`request ${request.url()}`);
  });
  await page.goto(url);
  return { page, trouble };
}
