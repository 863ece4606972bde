import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { ALL_FUNCTIONS, bundleBare, bundleFunction, type FunctionBundle } from '../bundles.ts';
import { atMost, type Line, median, spread } from '../command-line.ts';

const MAX_KB = 1_500;
const MAX_RATIO = 2;
const SHOWN_PACKAGES = 6;
const WITH_OUR_CREDENTIALS = 'bare, credentials as in ours';

// Timed inside, so that starting Node is on neither side.
const IMPORT = `const began = performance.now();
await import(process.argv[1]);
const ms = performance.now() - began;
console.log(JSON.stringify({ ms, peakMiB: process.resourceUsage().maxRSS / 1024 }));`;

interface Imported {
  ms: number;
  /** peak resident memory of the whole process */
  peakMiB: number;
}

/**
 * Size of every function's bundle, and how long its import takes compared with the bare one's.
 * @param pairs how often function and bare are imported, in turns
 */
export async function benchFunctions(
  pairs: number,
  onEnd: (remove: () => void) => void,
): Promise<{ sizes: Line[]; imports: Line[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'narratives-functions-'));
  onEnd(() => rmSync(folder, { recursive: true, force: true }));
  const bare = await bundleBare('any source');
  const bareFile = written(folder, 'bare', bare);
  const sizes = [sizeLine('bare: DynamoDB client only', bare)];
  const imports: Line[] = [];
  const leaner = await bundleBare('from Lambda');
  sizes.push(sizeLine(WITH_OUR_CREDENTIALS, leaner));
  imports.push(await importLine(WITH_OUR_CREDENTIALS, written(folder, 'leaner', leaner), bareFile, pairs));
  for (const name of ALL_FUNCTIONS) {
    const bundle = await bundleFunction(name);
    sizes.push({ ...sizeLine(name, bundle), target: atMost(kilobytes(bundle.code), MAX_KB, ' KB') });
    imports.push(await importLine(name, written(folder, name, bundle), bareFile, pairs));
  }
  return { sizes, imports };
}

function sizeLine(what: string, { code, packages }: FunctionBundle): Line {
  const largest = packages.slice(0, SHOWN_PACKAGES).map(([name, bytes]) => `${name} ${Math.round(bytes / 1_000)}`);
  return { what, figure: `${kilobytes(code)} KB`, note: largest.join(', ') };
}

async function importLine(what: string, file: string, bareFile: string, pairs: number): Promise<Line> {
  const functions: Imported[] = [];
  const bares: Imported[] = [];
  for (let round = 0; round <= pairs; round++) {
    const [one, bare] = [await importFresh(file), await importFresh(bareFile)];
    // the first pair loads the files into the system's cache for both
    if (round === 0) continue;
    functions.push(one);
    bares.push(bare);
  }
  const [ms, bareMs] = [functions.map((run) => run.ms), bares.map((run) => run.ms)];
  const ratio = median(ms) / median(bareMs);
  const memory = (runs: Imported[]) => `${median(runs.map(({ peakMiB }) => peakMiB)).toFixed(0)} MiB`;
  return {
    what,
    figure: `${ratio.toFixed(2)}: ${median(ms).toFixed(0)} to ${median(bareMs).toFixed(0)} ms, ${memory(functions)} to ${memory(bares)}`,
    note: `${spread(ms)} to ${spread(bareMs)}`,
    target: atMost(ratio, MAX_RATIO),
  };
}

/** With the functions' own Node options and no other environment: loading a function must not need any. */
async function importFresh(file: string): Promise<Imported> {
  const env = { NODE_OPTIONS: '--enable-source-maps', AWS_REGION: 'eu-west-1' };
  const args = ['--input-type=module', '--eval', IMPORT, pathToFileURL(file).href];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  return JSON.parse(stdout) as Imported;
}

function written(folder: string, name: string, { code, map }: FunctionBundle): string {
  mkdirSync(join(folder, name));
  const file = join(folder, name, 'index.mjs');
  writeFileSync(file, code);
  writeFileSync(`${file}.map`, map);
  return file;
}

const kilobytes = (bytes: Uint8Array): number => Math.ceil(bytes.length / 1_000);
