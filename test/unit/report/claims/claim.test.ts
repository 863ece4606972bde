import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Claim, claimCode, KIND_CODES, letterOf, readClaim } from '../../../../lambdas/report/claims/claim.ts';
import { anyClaim } from './any-claim.ts';

describe('a claim as a code', () => {
  it.each<[string, Claim]>([
    ['c', { kind: 'content' }],
    ['M+', { kind: 'majority', stance: 'agree' }],
    ['M- A', { kind: 'majority', stance: 'disagree', groups: ['A'] }],
    ['N+ A,B', { kind: 'near_unanimous', stance: 'agree', groups: ['A', 'B'] }],
    ['F- C', { kind: 'minority', stance: 'disagree', groups: ['C'] }],
    ['E-', { kind: 'consensus', stance: 'disagree' }],
    ['D+ A>B', { kind: 'difference', stance: 'agree', groups: ['A'], than: ['B'] }],
    ['D- A,C>B,27', { kind: 'difference', stance: 'disagree', groups: ['A', 'C'], than: ['B', '27'] }],
    ['S', { kind: 'divided' }],
    ['U B', { kind: 'uncertain', groups: ['B'] }],
    ['t A', { kind: 'thin', groups: ['A'] }],
  ])('%s is read and written', (code, claim) => {
    expect(readClaim(code)).toEqual(claim);
    expect(claimCode(claim)).toBe(code);
  });

  it('is read back as the claim that it was written from, and so is the object', () => {
    fc.assert(
      fc.property(anyClaim(['A', 'B', 'C', '27']), (claim) => {
        expect(readClaim(claimCode(claim))).toEqual(claim);
        expect(readClaim(JSON.parse(JSON.stringify(claim)))).toEqual(claim);
      }),
    );
  });

  it.each([
    ['M+A,B', 'M+ A,B'],
    [' M+ A B ', 'M+ A,B'],
    ['D+A>B', 'D+ A>B'],
    ['D+ A > B C', 'D+ A>B,C'],
    ['M+ A,A', 'M+ A'],
  ])('%j is read without its blanks and commas as well', (written, code) => {
    const claim = readClaim(written);
    expect(claim && claimCode(claim)).toBe(code);
  });

  it('has one character for each kind', () => {
    const codes = Object.values(KIND_CODES);
    expect(new Set(codes).size).toBe(codes.length);
  });
});

describe('a claim as an object', () => {
  it('names groups as models do', () => {
    const claim = { kind: 'majority', stance: 'agree', groups: ['Group A', 'b', ' C ', 27, 'a'] };
    expect(readClaim(claim)).toEqual({ kind: 'majority', stance: 'agree', groups: ['A', 'B', 'C', '27'] });
  });

  it.each([[[]], [null], [undefined]])('with groups %j speaks of all participants', (groups) => {
    expect(readClaim({ kind: 'majority', stance: 'agree', groups })).toEqual({ kind: 'majority', stance: 'agree' });
  });

  it('loses what does not belong to its kind', () => {
    expect(readClaim({ kind: 'content', stance: 'agree', groups: ['A'], note: 'x' })).toEqual({ kind: 'content' });
    expect(readClaim({ kind: 'thin', stance: 'agree' })).toEqual({ kind: 'thin' });
  });
});

describe('no claim', () => {
  it.each([
    [undefined],
    [null],
    [''],
    ['M'],
    ['M+ A;B'],
    ['X+'],
    ['m+'],
    ['majority'],
    ['D+'],
    ['D+ A'],
    ['D+ A>'],
    ['D+ >B'],
    ['M+ a'],
    ['M+ A>B'],
    ['U A>B'],
    [`M+ ${' '.repeat(100_000)}x`],
    [`M+ ${'A'.repeat(100_000)}`],
    [7],
    [true],
    [[]],
    [{}],
    [{ kind: 'plurality', stance: 'agree' }],
    [{ kind: 'majority' }],
    [{ kind: 'majority', stance: 'pass' }],
    [{ kind: 'majority', stance: 'agree', groups: 'A' }],
    [{ kind: 'majority', stance: 'agree', groups: ['everyone'] }],
    [{ kind: 'difference', stance: 'agree', groups: ['A'] }],
    [{ kind: 'difference', stance: 'agree', groups: ['A'], than: [] }],
    [{ kind: 'difference', groups: ['A'], than: ['B'] }],
    [{ kind: 'consensus' }],
  ])('is read in %j', (value) => {
    expect(readClaim(value)).toBeUndefined();
  });

  it('breaks nothing, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string(), fc.json()), (value) => {
        const claim = readClaim(value);
        if (claim) expect(readClaim(claim)).toEqual(claim);
      }),
    );
  });
});

it('groups are called A to Z, then 27', () => {
  expect([0, 1, 25, 26, 27].map(letterOf)).toEqual(['A', 'B', 'Z', '27', '28']);
});
