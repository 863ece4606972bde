import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Claim, STANCES } from '../../../lambdas/report/claims/claim.ts';
import { claimIn, textOf } from '../../../stand-in/texts.ts';

const LETTERS = ['A', 'B', 'C'];
const groupsOf = fc.subarray(LETTERS, { minLength: 1 });
const stance = fc.constantFrom(...STANCES);
const claims: fc.Arbitrary<Claim> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('majority' as const, 'near_unanimous' as const, 'minority' as const),
    stance,
    groups: fc.option(groupsOf, { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('consensus' as const), stance }),
  fc.record({
    kind: fc.constant('difference' as const),
    stance,
    groups: fc.subarray(['A'], { minLength: 1 }),
    than: fc.subarray(['B', 'C'], { minLength: 1 }),
  }),
  fc.record({
    kind: fc.constantFrom('divided' as const, 'uncertain' as const, 'thin' as const),
    groups: fc.option(groupsOf, { nil: undefined }),
  }),
  fc.constant({ kind: 'content' as const }),
);
const labels = fc.uniqueArray(
  fc.oneof(
    fc.constantFrom(
      'Group A',
      'Group B',
      'Drivers, cyclists',
      'Bread and butter',
      'all',
      'most people',
      '$&',
      '{these}',
      'A (old) .*',
    ),
    fc.stringMatching(/^[a-z]{1,8}$/),
  ),
  { minLength: 3, maxLength: 3 },
);
const THESE = ['this statement', 'these statements', 'these other statements', 'this further statement', 'it', 'them'];

describe('the texts of the stand-in', () => {
  test('each is read as the claim that it was written for, whatever the groups are called', () => {
    fc.assert(
      fc.property(
        claims,
        labels,
        fc.constantFrom('only' as const, 'first' as const, 'second' as const),
        fc.constantFrom(...THESE),
        fc.nat(20),
        (claim, names, position, these, variant) => {
          const groups = LETTERS.map((letter, at) => ({ letter, label: names[at] as string }));
          const text = textOf(claim, groups, { position, these, variant });
          expect({ text, claim: claimIn(text, groups) }).toEqual({
            text,
            claim: JSON.parse(JSON.stringify(claim)),
          });
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('names of groups are listed as people list them', () => {
    const groups = ['Drivers', 'Group B', 'Shops'].map((label, at) => ({ letter: LETTERS[at] as string, label }));
    const say = (claim: Claim, position: 'only' | 'second' = 'only') =>
      textOf(claim, groups, { position, these: 'them', variant: 0 });
    expect(say({ kind: 'majority', stance: 'agree', groups: ['A', 'B', 'C'] })).toBe(
      'Most people in Drivers, Group B and Shops agree with them.',
    );
    expect(say({ kind: 'majority', stance: 'disagree', groups: ['C'] }, 'second')).toBe(
      'while most people in Shops disagree with them.',
    );
  });

  test('any other text is read as nothing', () => {
    const groups = [{ letter: 'A', label: 'Group A' }];
    for (const text of [
      '',
      'Trams run at night.',
      'Most people in Group B agree with this statement.',
      'Most participants agree',
    ])
      expect(claimIn(text, groups)).toBeUndefined();
  });
});
