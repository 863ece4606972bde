import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

/** The folders of `lambdas/`: each may import from those before it, and from itself. */
const ORDER = 'shared money report stores batch job steps api watchdog runtime handlers'.split(' ');
/** These folders are given their stores: they may import only types from them. */
const TYPES_ONLY = ['batch', 'job', 'steps'];

const IMPORT = /^(?:import|export)\s+(type\s)?([^;'"]*?)\s*(?:from\s+)?'(\.[^']+)'/gm;
const folderOf = (file: string) => file.split('/')[1] ?? '';
/** `steps/collect.ts` and all of `steps/collect/` are one step. */
const stepOf = (file: string) => file.split('/')[2]?.replace(/\.ts$/, '');
const onlyTypes = (names: string) =>
  names.startsWith('{') && names.split(',').every((name) => /^[\s{}]*(type\s|$)/.test(name));

function isAllowed(file: string, imported: string, typesOnly: boolean): boolean {
  const [from, to] = [folderOf(file), folderOf(imported)];
  if (from === to) return from !== 'steps' || stepOf(file) === stepOf(imported);
  if (to === 'stores' && TYPES_ONLY.includes(from) && !typesOnly) return false;
  return ORDER.includes(to) && ORDER.indexOf(to) < ORDER.indexOf(from);
}

test('each folder of lambdas imports only from the folders before it', () => {
  const violations = globSync('lambdas/**/*.ts').flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(IMPORT)].flatMap(([, type, names = '', path = '']) => {
      const imported = normalize(join(dirname(file), path));
      return isAllowed(file, imported, type !== undefined || onlyTypes(names)) ? [] : `${file} imports ${imported}`;
    }),
  );
  expect(violations).toEqual([]);
});
