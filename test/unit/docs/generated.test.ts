import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pages } from '../../../tools/docs.ts';

test.each(Object.entries(pages()))('%s is what the code says (npm run docs)', (path, text) => {
  expect(readFileSync(path, 'utf8')).toBe(text);
});
