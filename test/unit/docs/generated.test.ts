import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { generated } from '../../../tools/generate.ts';

test.each(Object.entries(generated()))('%s is what the code says (npm run generate)', (path, text) => {
  expect(readFileSync(path, 'utf8')).toBe(text);
});
