import { describe, expect, test } from 'vitest';
import { auditAnswer } from '../../../tools/audit.ts';
import { isPermissive, licencesOf } from '../../../tools/licences.ts';

describe('licences', () => {
  test.each([
    ['MIT', true],
    ['GPL-3.0-or-later', false],
    ['(MIT OR GPL-3.0-or-later)', true],
    ['MIT AND GPL-3.0-or-later', false],
    ['(MIT OR GPL-3.0-or-later) AND Apache-2.0', true],
    ['GPL-2.0-only OR (MIT AND (ISC OR AGPL-3.0-only))', true],
    ['AGPL-3.0-only OR (MIT AND GPL-2.0-only)', false],
    ['GPL-2.0-only WITH Classpath-exception-2.0', false],
    ['(MIT', false],
    ['SEE LICENSE IN LICENSE.md', false],
    ['none', false],
    ['', false],
  ])('%j is permissive: %j', (expression, expected) => {
    expect(isPermissive(expression)).toBe(expected);
  });

  test('are read from a bill of materials in each of its forms', () => {
    const components = [
      { name: 'c', version: '1.0.0', licenses: [{ license: { name: 'Our own' } }] },
      { name: 'a', version: '1.0.0', licenses: [{ license: { id: 'MIT' } }, { license: { id: 'ISC' } }] },
      { name: 'b', version: '1.0.0', licenses: [{ expression: '(MIT OR ISC)' }] },
      { name: 'd', version: '1.0.0' },
    ];
    expect(licencesOf({ bomFormat: 'CycloneDX', components })).toEqual([
      { package: 'a@1.0.0', licence: 'MIT AND ISC' },
      { package: 'b@1.0.0', licence: '(MIT OR ISC)' },
      { package: 'c@1.0.0', licence: 'Our own' },
      { package: 'd@1.0.0', licence: 'none' },
    ]);
  });

  test('an empty list is refused', () => {
    expect(() => licencesOf({ bomFormat: 'CycloneDX', components: [] })).toThrow();
  });
});

describe('audit', () => {
  test('names what is of high severity and counts the rest', () => {
    const vulnerabilities = {
      'left-pad': { severity: 'critical', range: '<2.0.0' },
      sideways: { severity: 'high', range: '*' },
      upwards: { severity: 'moderate', range: '*' },
    };
    expect(auditAnswer(JSON.stringify({ auditReportVersion: 2, vulnerabilities }))).toEqual({
      kind: 'audited',
      packages: 3,
      serious: ['left-pad <2.0.0 (critical)', 'sideways * (high)'],
    });
  });

  test.each([
    { message: '405 Method Not Allowed - POST https://registry.example.org/-/npm/v1/security/advisories/bulk' },
    { error: { code: 'E405', summary: '405 Method Not Allowed - POST https://registry.example.org/' } },
  ])('is known to be unavailable where the registry has no such endpoint: %j', (answer) => {
    expect(auditAnswer(JSON.stringify(answer))).toEqual({ kind: 'unavailable', why: '405 Method Not Allowed' });
  });

  test('anything else is an error, not a success', () => {
    expect(() => auditAnswer('')).toThrow(/neither a report nor an error/);
    expect(() => auditAnswer('{}')).toThrow(/neither a report nor an error/);
  });
});
