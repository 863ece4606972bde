import { pageData } from '../../lambdas/report/page/build.ts';
import { reportPage } from '../../lambdas/report/page/page.ts';
import { hasBrowser, startBrowser } from '../../test/support/browser.ts';
import { largePage } from '../../test/support/report-page.ts';
import { atMost, type Line, median } from '../command-line.ts';

const COMMENTS = 400;
const MOST_MS = 1_000;

/** The page of a report about 400 comments: how long it takes to write, how large it is, and when a reader can use it. */
export async function benchPage(runs: number): Promise<Line[]> {
  const input = largePage(COMMENTS);
  const written: number[] = [];
  let html = '';
  for (let run = 0; run < runs; run += 1) {
    const began = performance.now();
    html = reportPage(input);
    written.push(performance.now() - began);
  }
  const data = Buffer.byteLength(JSON.stringify(pageData(input).data));
  const most = Math.floor((1.5 * data + 150_000) / 1_000);
  const size: Line = {
    what: `size, of ${Math.round(data / 1_000)} KB of data`,
    figure: `${Math.round(Buffer.byteLength(html) / 1_000)} KB`,
    target: atMost(Math.round(Buffer.byteLength(html) / 1_000), most, ' KB'),
  };
  const lines = [inMs('write it', written), size];
  if (!hasBrowser()) return lines;
  const usable = await usableAfter(html, runs);
  return [
    ...lines,
    { ...inMs('open it, until it can be used', usable), target: atMost(median(usable), MOST_MS, ' ms') },
  ];
}

const inMs = (what: string, figures: number[]): Line => ({
  what,
  figure: `${Math.round(median(figures))} ms`,
  note: `${Math.round(Math.min(...figures))}–${Math.round(Math.max(...figures))}`,
});

/** Milliseconds from the start of the navigation until the page's script has run, each in a new page. */
async function usableAfter(html: string, runs: number): Promise<number[]> {
  const browser = await startBrowser();
  try {
    const figures: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      const { page } = await browser.open(html);
      figures.push(
        await page.evaluate(
          () => (performance.getEntriesByType('navigation')[0] as PerformanceNavigationTiming).domInteractive,
        ),
      );
      await page.context().close();
    }
    return figures;
  } finally {
    await browser.close();
  }
}
