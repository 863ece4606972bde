import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { freeFileName, reportFileName } from '../../../local/output/file-name.ts';

const DATE = '2026-05-27T09:00:00.000Z';

test.each([
  ['Marrowby harbour front, spring survey', 'marrowby-harbour-front-spring-survey-2026-05-27'],
  ['../../etc/passwd', 'etc-passwd-2026-05-27'],
  ['ماذا نفعل بالميناء؟', 'ماذا-نفعل-بالميناء-2026-05-27'],
  ['?!', 'r1-2026-05-27'],
  [`${'long '.repeat(30)}`, `${'long-'.repeat(12).slice(0, -1)}-2026-05-27`],
])('the files of %j are called %s', (title, name) => expect(reportFileName(title, DATE, 'r1')).toBe(name));

test('the name of a file is short, and one part of a path', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (title) => {
      const name = reportFileName(title, DATE, 'r1');
      expect(name).toMatch(/^[\p{L}\p{M}\p{N}]+(-[\p{L}\p{M}\p{N}]+)*-2026-05-27$/u);
      expect([...name].length).toBeLessThan(80);
    }),
  );
});

test('two reports of one title and day have two names, one report has one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'names-'));
  writeFileSync(join(folder, `trams-2026-05-27.json`), JSON.stringify({ request_report_id: 'r1' }));
  expect(freeFileName(folder, 'Trams', DATE, 'r1')).toBe('trams-2026-05-27');
  expect(freeFileName(folder, 'Trams', DATE, 'r2')).toBe('trams-2026-05-27-r2');
});
