import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const program = [process.env.CHROMIUM, ...PLACES].find((path) => path !== undefined && existsSync(path));

/**
 * Whether there is a Chromium here; the tests that need one are skipped without it, and say so.
 * @throws Error in continuous integration, which installs it
 */
export function hasBrowser(): boolean {
  if (program === undefined && process.env.CI)
    throw new Error(`no Chromium at ${PLACES.join(', ')}: install the package chromium, or set CHROMIUM to its path`);
  if (program === undefined)
    console.log('no Chromium here: the tests in a browser are skipped. Install the package chromium, or set CHROMIUM.');
  return program !== undefined;
}

/** A page of a browser, and what went wrong in it. */
export interface OpenedPage {
  page: Page;
  /** errors and warnings of the console, errors of scripts, dialogs, and requests to anywhere but the file itself */
  trouble: string[];
}

/** A browser and a folder of files that it opens. */
export interface Opener {
  open: (html: string, options?: BrowserContextOptions) => Promise<OpenedPage>;
  close: () => Promise<void>;
}

/** Starts a browser. Nothing that it opens can reach a network. */
export async function startBrowser(): Promise<Opener> {
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser: Browser = await chromium.launch({ executablePath: program ?? '', args });
  const folder = mkdtempSync(join(tmpdir(), 'report-page-'));
  let files = 0;
  return {
    async open(html, options = {}) {
      files += 1;
      const file = join(folder, `${files}.html`);
      writeFileSync(file, html);
      const url = pathToFileURL(file).href;
      const context = await browser.newContext({ offline: true, ...options });
      const page = await context.newPage();
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
        const asked = request.url();
        if (asked.split('#')[0] !== url && !/^(data|blob):/.test(asked)) trouble.push(`request ${asked}`);
      });
      await page.goto(url);
      return { page, trouble };
    },
    async close() {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
