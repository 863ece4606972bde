import { describe, expect, it } from 'vitest';
import { type Claim, claimCode, STANCES } from '../../../../lambdas/report/claims/claim.ts';
import { proseProblems } from '../../../../lambdas/report/claims/prose.ts';
import { textOf } from '../../../../stand-in/texts.ts';

const LETTERS = ['A', 'B', 'C', 'D'];
const LABELS: Readonly<Record<string, string[]>> = {
  'that have no labels': LETTERS.map((letter) => `Group ${letter}`),
  'with labels': ['Locals', 'Change', 'Safety first', 'Commuters'],
  'with labels that hold words of quantity and stance': ['Most Houses', 'Young people', 'Opponents', 'Everyone Else'],
};
const SCOPES = [undefined, ['A'], ['B'], ['A', 'B'], ['B', 'D'], ['A', 'B', 'C']];
const COMPARED = [
  [['A'], ['B']],
  [['B'], ['A', 'C']],
  [['A'], ['B', 'C', 'D']],
  [['A', 'D'], ['B']],
  [['B', 'C', 'D'], ['A']],
] as const;

const CLAIMS: Claim[] = [
  ...SCOPES.flatMap((groups): Claim[] => [
    ...(['majority', 'near_unanimous', 'minority'] as const).flatMap((kind) =>
      STANCES.map((stance) => ({ kind, stance, groups })),
    ),
    ...(['divided', 'uncertain', 'thin'] as const).map((kind) => ({ kind, groups })),
  ]),
  ...STANCES.flatMap((stance): Claim[] => [
    { kind: 'consensus', stance },
    ...COMPARED.map(([groups, than]): Claim => ({ kind: 'difference', stance, groups: [...groups], than: [...than] })),
  ]),
  { kind: 'content' },
];
/** More than any kind has templates, so that each is used. */
const VARIANTS = 6;

describe.each(Object.entries(LABELS))('the texts of the stand-in, of groups %s', (_, labels) => {
  const groups = LETTERS.map((letter, at) => ({ letter, label: labels[at] ?? '', size: 50 }));
  const texts = (claim: Claim, position: 'only' | 'first' | 'second') =>
    Array.from({ length: VARIANTS }, (_, variant) =>
      textOf(claim, groups, { position, these: variant % 2 ? 'this statement' : 'these further statements', variant }),
    );
  const clause = (claim: Claim, text: string) => ({ text, claim, everybody: false });

  it.each(CLAIMS.map((claim) => [claimCode(claim), claim] as const))('say what they claim: %s', (_, claim) => {
    for (const text of texts(claim, 'only'))
      expect(proseProblems([clause(claim, text)], groups, 'en'), text).toEqual([undefined]);
  });

  it('say what they claim where two are a sentence', () => {
    for (const [at, claim] of CLAIMS.entries()) {
      const other = CLAIMS[(at + 7) % CLAIMS.length] as Claim;
      for (const [variant, first] of texts(claim, 'first').entries()) {
        const second = texts(other, 'second')[variant] ?? '';
        const found = proseProblems([clause(claim, first), clause(other, second)], groups, 'en');
        expect(found, `${first} ${second}`).toEqual([undefined, undefined]);
      }
    }
  });
});
