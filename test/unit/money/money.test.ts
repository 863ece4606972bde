import { describe, expect, test } from 'vitest';
import { addKnown, budgetSchema, microUsd, toUsd, usdOrNull, usdText } from '../../../lambdas/money/money.ts';

describe('money', () => {
  test('is whole millionths of a dollar, whatever the fraction', () => {
    expect(microUsd(2.5)).toBe(2_500_000);
    expect(microUsd(0.1 + 0.2)).toBe(300_000);
    expect(microUsd(1.000_000_4)).toBe(1_000_000);
  });

  test('goes back to the dollars it came from', () => {
    for (const dollars of [0, 0.000_001, 0.07, 1.15, 4.35, 123_456.789]) expect(toUsd(microUsd(dollars))).toBe(dollars);
    expect(usdOrNull(undefined)).toBeNull();
  });

  test('is printed with cents, or with as many digits as asked for', () => {
    expect(usdText(microUsd(1234.5))).toBe('$1234.50');
    expect(usdText(microUsd(0.01234), 4)).toBe('$0.0123');
  });

  test('that is not known makes a sum that is not known', () => {
    expect(addKnown(1, 2)).toBe(3);
    expect(addKnown(undefined, 2)).toBeUndefined();
    expect(addKnown(1, undefined)).toBeUndefined();
  });
});

describe('a budget', () => {
  test('is given in dollars, as text or as a number', () => {
    expect(budgetSchema.parse('2.50')).toBe(2_500_000);
    expect(budgetSchema.parse(20)).toBe(20_000_000);
  });

  test.each(['ten', '', '0', '-1', 'Infinity'])('is not %j', (text) => {
    expect(budgetSchema.safeParse(text).success).toBe(false);
  });
});
