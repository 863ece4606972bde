import { describe, expect, test } from 'vitest';
import { chain, singles, strikeFrom, textOf } from './faults.ts';

describe('a fault that was found', () => {
  test('is read back from its text', () => {
    const calls = ['a.submit#1/anthropic create#1', 'a.collect#1/dynamodb BatchWriteItem Delphi_NarrativeReports#2'];
    for (const strike of singles(calls)) expect(strikeFrom(textOf(strike))).toEqual(strike);
  });

  test('strikes again by its seed', () => {
    const calls = Array.from({ length: 40 }, (_, nth) => `a.submit#1/postgres reports#${nth}`);
    expect(chain(calls, 17)).toEqual(chain(calls, 17));
    expect(chain(calls, 17)).not.toEqual(chain(calls, 18));
  });
});
