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
 * The lock's entry of a package that is built for one platform, told by its name (`…-linux-x64-musl`).
 * @throws Error when the name tells no platform: such a package has to come from the registry
 */
export function platformEntry(name: string, version: string, dev: boolean) {
  const match = /(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|x64|ia32|ppc64|riscv64|s390x)/.exec(name);
  const [, os, cpu] = match ?? [];
  if (!os || !cpu) throw new Error(`${name} tells no platform: install it from a registry that has it`);
  const libc = name.includes('musl') ? ['musl'] : os === 'linux' && name.includes('gnu') ? ['glibc'] : undefined;
  return { version, cpu: [cpu], ...(dev ? { dev } : {}), ...(libc ? { libc } : {}), optional: true, os: [os] };
}
