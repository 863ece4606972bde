import { execFileSync } from 'node:child_process';
import * as z from 'zod';

/** Licences that only require their own text to be passed on. */
const PERMISSIVE = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Unlicense',
  'Zlib',
]);

interface Licensed {
  /** `name@version` */
  package: string;
  /** An SPDX expression, or `none`. */
  licence: string;
}

const licence = z.union([
  z.object({ expression: z.string() }).transform(({ expression }) => expression),
  z.object({ license: z.object({ id: z.string() }) }).transform(({ license }) => license.id),
  z.object({ license: z.object({ name: z.string() }) }).transform(({ license }) => license.name),
]);
const component = z.object({ name: z.string(), version: z.string(), licenses: z.array(licence).default([]) });
const billOfMaterials = z.object({ bomFormat: z.literal('CycloneDX'), components: z.array(component).min(1) });

/**
 * The licence of each package, sorted by name.
 * @param sbom a CycloneDX bill of materials, parsed from JSON
 * @throws ZodError when it is something else, or empty
 */
export function licencesOf(sbom: unknown): Licensed[] {
  const { components } = billOfMaterials.parse(sbom);
  return components
    .map(({ name, version, licenses }) => ({
      package: `${name}@${version}`,
      licence: licenses.join(' AND ') || 'none',
    }))
    .sort((a, b) => (a.package < b.package ? -1 : 1));
}

/** Whether an SPDX expression allows a permissive choice: all sides of AND, one side of OR. */
export function isPermissive(expression: string): boolean {
  const tokens = expression.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const either = (): boolean => joined('OR', both, (a, b) => a || b);
  const both = (): boolean => joined('AND', one, (a, b) => a && b);
  const joined = (word: string, next: () => boolean, join: (a: boolean, b: boolean) => boolean): boolean => {
    let result = next();
    while (tokens[at] === word) {
      at++;
      result = join(next(), result);
    }
    return result;
  };
  const one = (): boolean => {
    const token = tokens[at++];
    if (token !== '(') return token !== undefined && PERMISSIVE.has(token);
    const inner = either();
    return tokens[at++] === ')' && inner;
  };
  // what is left over, such as WITH and an exception, is not supported
  return either() && at === tokens.length;
}

/** `npm run licences`: lists the licence of every package that is deployed or run; exit code 1 when one is not permissive. */
function listLicences(): void {
  const sbom = execFileSync('npm', ['sbom', '--sbom-format=cyclonedx', '--omit=dev'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64 * 1024 * 1024,
  });
  const all = licencesOf(JSON.parse(sbom));
  const width = Math.max(...all.map(({ licence }) => licence.length));
  for (const { licence, package: name } of all) console.log(`${licence.padEnd(width)}  ${name}`);

  const refused = all.filter(({ licence }) => !isPermissive(licence));
  for (const { licence, package: name } of refused) {
    console.error(`${name} is under ${licence}, which is not one of: ${[...PERMISSIVE].join(', ')}`);
  }
  console.log(`${all.length} packages, ${refused.length} under a licence that is not on the list`);
  process.exitCode = refused.length > 0 ? 1 : 0;
}

if (import.meta.main) listLicences();
