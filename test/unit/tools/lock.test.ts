import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { missingOptional, type PackageLock, platformEntry } from '../../../tools/complete-lock.ts';

const lock = JSON.parse(readFileSync(new URL('../../../package-lock.json', import.meta.url), 'utf8')) as PackageLock;

describe('package-lock.json', () => {
  test('names every optional package of every platform (npm run complete-lock adds them)', () => {
    expect(missingOptional(lock)).toEqual([]);
  });

  test('misses a package that is neither beside its parent nor above', () => {
    const packages: PackageLock['packages'] = {
      'node_modules/a': { dev: true, optionalDependencies: { 'a-linux-x64': '1.0.0', 'a-win32-x64': '1.0.0' } },
      'node_modules/a/node_modules/b': { optionalDependencies: { 'a-linux-x64': '1.0.0' } },
      'node_modules/a-linux-x64': {},
    };
    expect(missingOptional({ packages })).toEqual([{ name: 'a-win32-x64', version: '1.0.0', dev: true }]);
  });

  test('the platform is read from the package’s name', () => {
    expect(platformEntry('@x/cli-linux-arm64-musl', '2.0.0', true)).toEqual({
      version: '2.0.0',
      cpu: ['arm64'],
      dev: true,
      libc: ['musl'],
      optional: true,
      os: ['linux'],
    });
    expect(() => platformEntry('left-pad', '1.0.0', false)).toThrow('left-pad names no platform');
  });
});
