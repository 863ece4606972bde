import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { PROJECT_ROOT } from '../lib/bundling.ts';

const DIST = join(PROJECT_ROOT, 'dist');
const MANIFEST = join(PROJECT_ROOT, 'package.json');
/** The repository's own package.json, while npm packs the one that is shipped. */
const KEPT = join(DIST, 'repository-package.json');

/** Parts of the state machine's library that this project does not use: it validates by a test, and calls no Lambda. */
const UNUSED = ['asl-validator', '@aws-sdk/credential-providers'];
const withoutUnused: Plugin = {
  name: 'without-unused',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(${UNUSED.join('|')})$`) }, ({ path }) => ({ path, namespace: 'unused' }));
    onLoad({ filter: /.*/, namespace: 'unused' }, () => ({
      contents: 'export default {}; export const fromCognitoIdentityPool = undefined;',
    }));
  },
};

/**
 * Bundles the command `narratives`, the worker included, into a folder: code that is loaded later has files of its own.
 * @returns the packages that are in it, by their folders
 */
export async function bundleCommand(outdir: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: { narratives: join(PROJECT_ROOT, 'bin/narratives.ts') },
    outdir,
    absWorkingDir: PROJECT_ROOT,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    minify: true,
    // names of errors are what logs and job rows say
    keepNames: true,
    mainFields: ['module', 'main'],
    external: ['pg-native'],
    banner: {
      js: "import { createRequire as __require } from 'node:module'; const require = __require(import.meta.url);",
    },
    plugins: [withoutUnused],
    metafile: true,
    logLevel: 'error',
  });
  const inputs = Object.values(metafile.outputs).flatMap(({ inputs: of }) =>
    Object.entries(of).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
  const folders = inputs.flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
  return [...new Set(folders)].sort();
}

/** The licence of every package in the bundle, which asks that its text is passed on. */
function licenceTexts(folders: readonly string[]): string {
  return folders
    .map((folder) => {
      const path = join(PROJECT_ROOT, folder);
      const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
      const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENCE', 'license', 'LICENSE-MIT'].find((named) =>
        existsSync(join(path, named)),
      );
      const text = file ? readFileSync(join(path, file), 'utf8').trim() : '';
      return `${name} ${version} (${license})\n\n${text}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}

/** What the package says of itself: it needs nothing to be installed beside it. */
function shippedManifest(repository: string): string {
  const { name, version, license, type, description, engines: _, ...rest } = JSON.parse(repository);
  const { private: isPrivate, bin, files } = rest;
  const shipped = {
    name,
    version,
    license,
    private: isPrivate,
    type,
    description,
    engines: { node: '>=22.15' },
    bin,
    files,
  };
  return `${JSON.stringify(shipped, undefined, 2)}\n`;
}

/** Puts the repository's package.json back, be it one that an interrupted pack has left. */
function restore(): void {
  if (existsSync(KEPT)) renameSync(KEPT, MANIFEST);
}

/** `prepack`: bundles, and puts the manifest that is shipped in the place of the repository's. */
async function prepare(): Promise<void> {
  restore();
  rmSync(DIST, { recursive: true, force: true });
  const folders = await bundleCommand(DIST);
  writeFileSync(join(DIST, 'LICENSES.txt'), licenceTexts(folders));
  const repository = readFileSync(MANIFEST, 'utf8');
  renameSync(MANIFEST, KEPT);
  writeFileSync(MANIFEST, shippedManifest(repository));
  const { size } = statSync(join(DIST, 'narratives.js'));
  console.error(`bundled ${folders.length} packages; the command itself has ${Math.round(size / 1000)} KB`);
}

if (import.meta.main) {
  mkdirSync(DIST, { recursive: true });
  if (process.argv[2] === 'restore') restore();
  else await prepare();
}
