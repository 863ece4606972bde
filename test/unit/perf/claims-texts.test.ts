import { describe, expect, it } from 'vitest';
import { CLAIM_KINDS, type Claim, readClaim } from '../../../lambdas/report/claims/claim.ts';
import type { ClaimGroup } from '../../../lambdas/report/claims/evidence.ts';
import type { Counts, CountsByScope } from '../../../perf/bench/claims-oracle.ts';
import { TEXT_MUTANTS, type TextMutant, Writer } from '../../../perf/bench/claims-texts.ts';
import texts from '../../../perf/data/claim-texts.json' with { type: 'json' };
import { mulberry32 } from '../../../stand-in/random.ts';

const GROUPS: ClaimGroup[] = ['Group A', 'Locals', 'Group C'].map((label, at) => ({
  letter: 'ABC'[at] ?? '',
  label,
  size: 20,
}));
/** Nobody is on one side alone. */
const VOTES: CountsByScope = new Map([
  [1, new Map(['', 'A', 'B', 'C'].map((letter): [string, Counts] => [letter, [9, 9, 2]]))],
]);

const claimOf = (code: string): Claim => {
  const claim = readClaim(code);
  if (!claim) throw new RangeError(`${code} is no claim`);
  return claim;
};
const CLAIMS = 'c|M+|M-|M+ A|M- A,B|N+|N- B|F+|F- C|E+|E-|D+ A>B|D- B>A,C|S|S A|U|U B,C|t|t A'.split('|').map(claimOf);

describe('the texts of the benchmark of claims', () => {
  it('come from twelve templates a kind or more, each once', () => {
    for (const kind of CLAIM_KINDS) {
      expect(new Set(texts.templates[kind]).size, kind).toBe(texts.templates[kind].length);
      expect(texts.templates[kind].length, kind).toBeGreaterThanOrEqual(12);
    }
  });

  it('are whole sentences, true ones and false ones', () => {
    const writer = new Writer(GROUPS, mulberry32(1));
    for (const claim of CLAIMS)
      for (let turn = 0; turn < 15; turn++) {
        const lies = (Object.keys(TEXT_MUTANTS) as TextMutant[]).map((kind) =>
          writer.lie(kind, { claim, tids: [1] }, VOTES),
        );
        for (const text of [writer.truth(claim), ...lies]) if (text) expect(text.text).toMatch(/^[A-Z"][^{}[\]|]+\.$/);
      }
  });

  it('name the groups of the claim, by their labels, and a stance of its own', () => {
    const writer = new Writer(GROUPS, mulberry32(2));
    for (let turn = 0; turn < 14; turn++) {
      expect(writer.truth(claimOf('M+ B')).text).toContain('Locals');
      expect(writer.truth(claimOf('D+ A>B')).text).toMatch(/Group A.*Locals|Locals.*Group A/);
      expect(writer.truth(claimOf('M+')).text).not.toMatch(/Group [AC]|Locals/);
    }
  });

  it.each<[TextMutant, string, RegExp]>([
    ['renamed', 'M+ A', /Locals/],
    ['narrowed', 'M+', /Group [AC]|Locals/],
    ['flipped', 'M+', /^(?!.*\b(agree|support|favour)\b)/],
    ['negated', 'F+', /\bnot\b/],
    ['stronger_word', 'M+', /nearly all|almost|overwhelming|near-unanimous/i],
  ])('%s by a mutant say so', (kind, code, says) => {
    // plain topics only, whose words are no stance
    const writer = new Writer(GROUPS, () => 0.5);
    const lies = Array.from({ length: 14 }, () => writer.lie(kind, { claim: claimOf(code), tids: [1] }, VOTES));
    const made = lies.flatMap((lie) => (lie ? [lie.text] : []));
    expect(made.length).toBeGreaterThan(5);
    for (const text of made) expect(text).toMatch(says);
  });

  it('leave a group out, and turn a comparison round', () => {
    const writer = new Writer(GROUPS, mulberry32(3));
    const lie = (kind: TextMutant, code: string) => writer.lie(kind, { claim: claimOf(code), tids: [1] }, VOTES)?.text;
    expect(lie('widened', 'M+ A')).not.toMatch(/Group A/);
    expect(lie('widened', 'M+')).toBeUndefined();
    expect(lie('turned', 'D+ A>C')).toMatch(/Group C.*than.*Group A/);
    expect(lie('turned', 'M+ A')).toBeUndefined();
  });

  it('are not stronger where everybody is on one side', () => {
    const writer = new Writer(GROUPS, mulberry32(4));
    const everybody: CountsByScope = new Map([[1, new Map([['', [20, 0, 0] as Counts]])]]);
    expect(writer.lie('stronger', { claim: claimOf('N+'), tids: [1] }, everybody)).toBeUndefined();
    expect(writer.lie('stronger', { claim: claimOf('N+'), tids: [1] }, VOTES)).toBeDefined();
  });
});
