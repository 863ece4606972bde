import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Claim, claimCode, STANCES } from '../../../lambdas/report/claims/claim.ts';
import { prove } from '../../../lambdas/report/claims/prove.ts';
import { type Tally, tally } from '../../../lambdas/report/votes.ts';
import { findingsOf, holds } from '../../../stand-in/holds.ts';
import { lettersOf, type MadeComment, RICH, sections, talliesOf } from '../../support/section-prompt.ts';

/** Every claim that can be made of these groups, one group or one pair at a time. */
function everyClaim(letters: readonly string[]): Claim[] {
  const scopes = [undefined, ...letters.map((letter) => [letter]), [...letters]];
  const pairs = letters.flatMap((a) => letters.filter((b) => a !== b).map((b) => [[a], [b]] as const));
  return [
    ...STANCES.flatMap((stance): Claim[] => [
      { kind: 'consensus', stance },
      ...(['majority', 'near_unanimous', 'minority'] as const).flatMap((kind) =>
        scopes.map((groups): Claim => ({ kind, stance, groups })),
      ),
      ...pairs.map(([groups, than]): Claim => ({ kind: 'difference', stance, groups: [...groups], than: [...than] })),
    ]),
    ...(['divided', 'uncertain', 'thin'] as const).flatMap((kind) => scopes.map((groups): Claim => ({ kind, groups }))),
  ];
}

function isProven(claim: Claim, [all, ...groups]: Tally[], letters: readonly string[]): boolean {
  const evidence = {
    groups: letters.map((letter) => ({ letter, label: `Group ${letter}`, size: 100 })),
    votes: new Map([[1, [all as Tally, ...groups]]]),
  };
  return ['proven', 'thin'].includes(prove(claim, [1], evidence).verdict);
}

const voted = (comment: MadeComment) => {
  const [all, ...groups] = talliesOf(comment) as [Tally, ...Tally[]];
  return { all, groups };
};

describe('the votes as the stand-in reads them', () => {
  test('a claim holds exactly where the checker proves it', () => {
    let held = 0;
    fc.assert(
      fc.property(sections(3), (comments) => {
        for (const comment of comments) {
          const letters = lettersOf(comment.groups.length);
          for (const claim of everyClaim(letters)) {
            const here = holds(claim, voted(comment), letters);
            if (here) held += 1;
            expect([claimCode(claim), here]).toEqual([claimCode(claim), isProven(claim, talliesOf(comment), letters)]);
          }
        }
      }),
      { numRuns: 100 },
    );
    expect(held).toBeGreaterThan(100);
  });

  test('of every tally up to 40 votes it says what the checker says', () => {
    const letters = ['A', 'B'];
    const claims = everyClaim(letters).filter((claim) => ('groups' in claim ? !claim.groups : true));
    const different: unknown[] = [];
    for (let votes = 0; votes <= 40; votes++)
      for (let part = 0; part <= votes; part++) {
        const rest = votes - part;
        for (const one of [tally(part, rest, 0), tally(part, 0, rest), tally(part, rest >> 1, (rest + 1) >> 1)])
          for (const claim of claims)
            if (holds(claim, { all: one, groups: [one, one] }, letters) !== isProven(claim, [one, one, one], letters))
              different.push([one, claim]);
      }
    expect(different).toEqual([]);
  });

  test('of every two groups of up to 12 votes it says what the checker says of their difference', () => {
    const small = [...Array(13).keys()].flatMap((votes) =>
      [...Array(votes + 1).keys()].map((k) => tally(k, votes - k, 0)),
    );
    const claim: Claim = { kind: 'difference', stance: 'agree', groups: ['A'], than: ['B'] };
    const different = small.flatMap((a) =>
      small.filter(
        (b) => holds(claim, { all: a, groups: [a, b] }, ['A', 'B']) !== isProven(claim, [a, a, b], ['A', 'B']),
      ),
    );
    expect(different).toEqual([]);
  });

  test('a claim of a group that does not exist never holds', () => {
    const comment = voted(RICH[0] as MadeComment);
    expect(holds({ kind: 'majority', stance: 'agree', groups: ['Q'] }, comment, lettersOf(3))).toBe(false);
    expect(holds({ kind: 'thin', groups: ['Q'] }, comment, lettersOf(3))).toBe(false);
  });

  test('whatever is found, holds', () => {
    fc.assert(
      fc.property(sections(5), (comments) => {
        for (const comment of comments) {
          const letters = lettersOf(comment.groups.length);
          for (const claim of findingsOf(voted(comment), letters).flat())
            expect(isProven(claim, talliesOf(comment), letters)).toBe(true);
        }
      }),
    );
  });

  test('groups on opposite sides are one finding with a claim for each', () => {
    const found = findingsOf(
      voted({
        id: 7,
        groups: [
          [28, 1, 1],
          [4, 23, 3],
        ],
      }),
      ['A', 'B'],
    );
    expect(found.map((claims) => claims.map(claimCode))).toContainEqual(['M+ A', 'M- B']);
    expect(found.map((claims) => claims.map(claimCode))).toContainEqual(['D+ A>B']);
  });
});
