import { existsSync } from 'node:fs';
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core';

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
  /** errors and warnings of the console, errors of scripts, dialogs, and requests to any other address */
  trouble: string[];
}

/** A browser that visits addresses of this machine. */
export interface Visitor {
  visit: (url: string, options?: BrowserContextOptions) => Promise<VisitedPage>;
  close: () => Promise<void>;
}

export async function startVisitor(): Promise<Visitor> {
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath: program ?? '', args });
  return {
    async visit(url, options = {}) {
      const page = await (await browser.newContext(options)).newPage();
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
        if (new URL(request.url()).origin !== new URL(url).origin) trouble.push(`request ${request.url()}`);
      });
      await page.goto(url);
      return { page, trouble };
    },
    close: () => browser.close(),
  };
}
