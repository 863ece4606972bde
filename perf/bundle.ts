import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { ESBUILD_OPTIONS } from '../lib/bundling.ts';

const RUNS = ['submit-run', 'reads-run', 'collect-run', 'writes-run'] as const;
export type RunName = (typeof RUNS)[number];

/** Bundles the measured runs as the functions are bundled for deployment, so that time and memory are those of a Lambda. */
export async function bundleRuns(): Promise<{ folder: string; path: (run: RunName) => string; remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'narratives-bench-'));
  await build({
    ...ESBUILD_OPTIONS,
    entryPoints: RUNS.map((run) => fileURLToPath(new URL(`runs/${run}.ts`, import.meta.url))),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    // a profile should show names
    minify: !process.env.BENCH_CPU_PROF,
  });
  return {
    folder,
    path: (run) => join(folder, `${run}.mjs`),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
