import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { esbuildOptions, handlerFile, PROJECT_ROOT } from '../lib/bundling.ts';
import { API_FUNCTIONS, FUNCTIONS } from '../lib/functions.ts';

const RUNS = ['submit-run', 'reads-run', 'collect-run', 'writes-run'] as const;
export type RunName = (typeof RUNS)[number];

/** Bundles the measured runs as the functions are bundled for deployment, so that time and memory are those of a Lambda. */
export async function bundleRuns(): Promise<{ folder: string; path: (run: RunName) => string; remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'narratives-bench-'));
  await build({
    ...esbuildOptions(),
    entryPoints: RUNS.map((run) => fileURLToPath(new URL(`runs/${run}.ts`, import.meta.url))),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    // so that a profile shows names
    minify: !process.env.BENCH_CPU_PROF,
  });
  return {
    folder,
    path: (run) => join(folder, `${run}.mjs`),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Every function that is deployed. */
export const ALL_FUNCTIONS = Object.keys({ ...FUNCTIONS, ...API_FUNCTIONS });

/** A bundle as it would be deployed, and its source map. */
export interface FunctionBundle {
  code: Uint8Array;
  map: Uint8Array;
  /** the files that it contains, from the project's root */
  files: string[];
  /** bytes by package, the largest first; our own code is 'this project' */
  packages: [name: string, bytes: number][];
}

/** Bundles a function by name, for a deployment with one provider of the Anthropic API. */
export const bundleFunction = (name: string, provider?: 'anthropic' | 'aws'): Promise<FunctionBundle> =>
  bundled({ entryPoints: [handlerFile(name)] }, provider);

/**
 * A function that only creates a DynamoDB client, bundled like the others.
 * @param credentials 'any source': with the SDK's own chain of sources; 'from Lambda': as in our functions
 */
export const bundleBare = (credentials: 'any source' | 'from Lambda'): Promise<FunctionBundle> => {
  const contents = `import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
    const client = new DynamoDBClient();
    export const handler = async () => client.config.region();`;
  const entry = { stdin: { contents, resolveDir: PROJECT_ROOT, loader: 'ts' } } as const;
  return bundled(credentials === 'any source' ? { ...entry, alias: {} } : entry);
};

async function bundled(
  entry: Pick<BuildOptions, 'entryPoints' | 'stdin' | 'alias'>,
  provider?: 'anthropic' | 'aws',
): Promise<FunctionBundle> {
  const options = {
    ...esbuildOptions(provider),
    ...entry,
    outfile: 'index.mjs',
    metafile: true,
    write: false,
  } as const;
  const { outputFiles, metafile } = await build(options);
  const file = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.contents ?? new Uint8Array();
  const inputs = metafile.outputs['index.mjs']?.inputs ?? {};
  const packages = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
    const name = packageOf(path);
    packages.set(name, (packages.get(name) ?? 0) + bytesInOutput);
  }
  return {
    code: file('.mjs'),
    map: file('.map'),
    files: Object.keys(inputs).filter((path) => (inputs[path]?.bytesInOutput ?? 0) > 0),
    packages: [...packages].filter(([, bytes]) => bytes > 0).sort(([, a], [, b]) => b - a),
  };
}

const packageOf = (path: string): string =>
  [...path.matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)/g)].at(-1)?.[1] ?? 'this project';
