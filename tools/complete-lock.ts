import { readFileSync, writeFileSync } from 'node:fs';

/** The part of package-lock.json that matters here. */
export interface PackageLock {
  packages: Record<string, { version?: string; dev?: boolean; optionalDependencies?: Record<string, string> }>;
}

interface Missing {
  name: string;
  version: string;
  dev: boolean;
}

/** Optional packages that a package of the lock names and the lock itself leaves out. */
export function missingOptional({ packages }: PackageLock): Missing[] {
  return Object.entries(packages).flatMap(([path, { dev = false, optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !isThere(packages, path, name))
      .map(([name, version]) => ({ name, version, dev })),
  );
}

/** Looks where Node would: beside the package, then in every folder above it. */
function isThere(packages: PackageLock['packages'], path: string, name: string): boolean {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    if (packages[`${folder ? `${folder}/` : ''}node_modules/${name}`]) return true;
    if (folder === '') return false;
  }
}

/**
 * The lock's entry of a package that is built for one platform, which its name says (`…-linux-x64-musl`).
 * @throws Error when the name does not say a platform: such a package has to come from the registry
 */
export function platformEntry(name: string, version: string, dev: boolean) {
  const match = /(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|x64|ia32|ppc64|riscv64|s390x)/.exec(name);
  const [, os, cpu] = match ?? [];
  if (!os || !cpu) throw new Error(`${name} names no platform: install it from a registry that has it`);
  const libc = name.includes('musl') ? ['musl'] : os === 'linux' && name.includes('gnu') ? ['glibc'] : undefined;
  return { version, cpu: [cpu], ...(dev ? { dev } : {}), ...(libc ? { libc } : {}), optional: true, os: [os] };
}

/**
 * `npm run complete-lock`, after `npm install`: adds to package-lock.json the platform packages that the registry in use
 * did not offer. `npm ci` refuses a lock that leaves any out, on every platform; with them it fetches the one it needs.
 */
function completeLock(): void {
  const file = new URL('../package-lock.json', import.meta.url);
  const lock = JSON.parse(readFileSync(file, 'utf8')) as PackageLock;
  const missing = missingOptional(lock);
  for (const { name, version, dev } of missing) {
    lock.packages[`node_modules/${name}`] = platformEntry(name, version, dev);
  }
  const byPath = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(byPath) }, null, 2)}\n`);
  console.log(`${missing.length} platform packages added to package-lock.json`);
}

if (import.meta.main) completeLock();
