import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildSync, transformSync } from 'esbuild';

const REPORT = new URL('../lambdas/report/page/', import.meta.url);
const JOBS = new URL('../local/page/', import.meta.url);
/** The oldest browsers that have popovers, and what the style sheet uses. */
const TARGET = ['chrome125', 'firefox128', 'safari17.4'];

/** What a page is sent with. */
interface PageAssets {
  style: string;
  script: string;
}

/** What the page of every report holds: its style sheet, and its script with all that it imports. */
export function pageAssets(): PageAssets {
  const { style, script } = assetsOf(new URL('style.css', REPORT), new URL('browser/main.ts', REPORT), 'iife');
  // nothing in it may end the element that holds it
  return { style, script: script.replaceAll('</script', '<\\/script') };
}

/** The same for the page of jobs, which sends them as files of their own. */
export const jobsPageAssets = (): PageAssets => assetsOf(new URL('page.css', JOBS), new URL('browser.ts', JOBS), 'esm');

function assetsOf(style: URL, script: URL, format: 'iife' | 'esm'): PageAssets {
  const css = transformSync(readFileSync(style, 'utf8'), { loader: 'css', minify: true, target: TARGET }).code;
  const built = buildSync({
    entryPoints: [fileURLToPath(script)],
    bundle: true,
    write: false,
    minify: true,
    format,
    charset: 'utf8',
    target: TARGET,
    logLevel: 'error',
  }).outputFiles[0]?.text;
  return { style: css.trim(), script: (built ?? '').trim() };
}
