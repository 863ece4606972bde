import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildSync, transformSync } from 'esbuild';

const FOLDER = new URL('../lambdas/report/page/', import.meta.url);
/** The oldest browsers that have popovers, and what the style sheet uses. */
const TARGET = ['chrome125', 'firefox128', 'safari17.4'];

/** What the page of every report holds: its style sheet, and its script with all that it imports. */
export function pageAssets(): { style: string; script: string } {
  const css = readFileSync(new URL('style.css', FOLDER), 'utf8');
  const style = transformSync(css, { loader: 'css', minify: true, target: TARGET }).code;
  const script = buildSync({
    entryPoints: [fileURLToPath(new URL('browser/main.ts', FOLDER))],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    charset: 'utf8',
    target: TARGET,
    logLevel: 'error',
  }).outputFiles[0]?.text;
  // nothing in it may end the element that holds it
  return { style: style.trim(), script: (script ?? '').trim().replaceAll('</script', '<\\/script') };
}
