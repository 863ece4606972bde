import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Claim } from '../../../../lambdas/report/claims/claim.ts';
import { compareRuns } from '../../../../local/page/compare-runs.ts';
import { type MadeClause, sectionRow } from '../../../support/page.ts';

const MAJORITY: Claim = { kind: 'majority', stance: 'agree' };
const VOTES = { 4: [[50, 10, 5] as const, [30, 2, 1] as const, [20, 8, 4] as const] } as never;
const later = (votes: Record<number, [number, number, number][]>, clause: MadeClause) =>
  compareRuns([sectionRow('one', [clause], VOTES)], [sectionRow('two', [clause], votes)]);

describe('two runs of a report', () => {
  it('have a clause in common that claims the same of the same comments, whatever its words and order', () => {
    const one = sectionRow('one', [{ text: 'Most agree.', claim: MAJORITY, citations: [4, 7] }], VOTES);
    const two = sectionRow('two', [{ text: 'A majority says yes.', claim: MAJORITY, citations: [7, 4] }], VOTES);
    expect(compareRuns([one], [two])).toMatchObject({ added: [], gone: [], changed: [], same: 1 });
  });

  it.each<[string, MadeClause]>([
    ['stance', { claim: { kind: 'majority', stance: 'disagree' }, citations: [4] }],
    ['kind', { claim: { kind: 'near_unanimous', stance: 'agree' }, citations: [4] }],
    ['groups', { claim: { kind: 'majority', stance: 'agree', groups: ['A'] }, citations: [4] }],
    ['citations', { claim: MAJORITY, citations: [4, 5] }],
    ['claim at all', { citations: [4] }],
  ])('differ in a clause of another %s', (_, clause) => {
    const { added, gone, same } = compareRuns(
      [sectionRow('one', [{ claim: MAJORITY, citations: [4] }])],
      [sectionRow('two', [clause])],
    );
    expect({ added: added.length, gone: gone.length, same }).toEqual({ added: 1, gone: 1, same: 0 });
    expect(added[0]).toMatchObject({ claim: clause.claim, citations: clause.citations });
  });

  it('tell apart who is compared with whom', () => {
    const claim = (groups: string[], than: string[]): Claim => ({ kind: 'difference', stance: 'agree', groups, than });
    const { added, gone } = compareRuns(
      [sectionRow('one', [{ claim: claim(['A'], ['B']), citations: [4] }])],
      [sectionRow('two', [{ claim: claim(['B'], ['A']), citations: [4] }])],
    );
    expect([added.length, gone.length]).toEqual([1, 1]);
  });

  it('show both tallies where the votes of a claim have changed', () => {
    const votes: Record<number, [number, number, number][]> = {
      4: [
        [60, 10, 5],
        [30, 2, 1],
        [30, 8, 4],
      ],
    };
    const { changed, same } = later(votes, { claim: MAJORITY, citations: [4] });
    expect(same).toBe(0);
    expect(changed).toMatchObject([
      {
        clause: { claim: MAJORITY, citations: [4] },
        votes: [{ tid: 4, earlier: { agrees: 50, votes: 65 }, later: { agrees: 60, votes: 75 } }],
      },
    ]);
  });

  it('look at the votes of the groups that a claim names, and at no others', () => {
    const votes: Record<number, [number, number, number][]> = {
      4: [
        [60, 10, 5],
        [30, 2, 1],
        [30, 8, 4],
      ],
    };
    const of = (groups: string[]): MadeClause => ({
      claim: { kind: 'majority', stance: 'agree', groups },
      citations: [4],
    });
    expect(later(votes, of(['A'])).changed).toEqual([]);
    expect(later(votes, of(['B'])).changed).toMatchObject([{ votes: [{ group: 'B' }] }]);
    const consensus: MadeClause = { claim: { kind: 'consensus', stance: 'agree' }, citations: [4] };
    expect(later(votes, consensus).changed).toMatchObject([{ votes: [{ group: 'B' }] }]);
    const difference: Claim = { kind: 'difference', stance: 'agree', groups: ['A'], than: ['B'] };
    expect(later(votes, { claim: difference, citations: [4] }).changed).toMatchObject([{ votes: [{ group: 'B' }] }]);
  });

  it('have no changed votes where a clause claims nothing of them', () => {
    const votes: Record<number, [number, number, number][]> = {
      4: [
        [60, 10, 5],
        [30, 2, 1],
        [30, 8, 4],
      ],
    };
    expect(later(votes, { claim: { kind: 'content' }, citations: [4] })).toMatchObject({ changed: [], same: 1 });
  });

  it('leave out sections that only say why they are missing, and rows that cannot be read', () => {
    const gap = { ...sectionRow('two', [{ text: 'Not written.', citations: [] }]), errors: 'errored: why' };
    const broken = { ...sectionRow('two', []), rid_section_model: 'r#other#m', report_data: '{' };
    const compared = compareRuns([sectionRow('one', [{ claim: MAJORITY, citations: [4] }])], [gap, broken]);
    expect(compared).toMatchObject({
      added: [],
      gone: [{ citations: [4] }],
      sections: { added: [], gone: ['Groups'] },
    });
  });

  it('name every section that has a clause, once', () => {
    const clauses = [
      { claim: MAJORITY, citations: [4] },
      { claim: MAJORITY, citations: [4] },
    ];
    const rows = [sectionRow('two', clauses), sectionRow('two', clauses, {}, { section: 'other', title: 'Trams' })];
    expect(compareRuns([], rows).added).toMatchObject([{ sections: ['Groups', 'Trams'] }]);
  });
});

const clauseOf = fc.record({
  claim: fc.constantFrom<Claim | undefined>(MAJORITY, { kind: 'content' }, { kind: 'consensus', stance: 'agree' }),
  citations: fc.uniqueArray(fc.nat(5), { minLength: 1, maxLength: 3 }),
});
const clauses = fc.array(
  clauseOf.map(({ claim, citations }): MadeClause => (claim ? { claim, citations } : { citations })),
);

it('the same run twice has nothing new, gone or changed, and turning two runs round swaps new and gone', () => {
  fc.assert(
    fc.property(clauses, clauses, (one, two) => {
      const [a, b] = [[sectionRow('one', one, VOTES)], [sectionRow('two', two, VOTES)]];
      const self = compareRuns(a, a);
      expect([self.added, self.gone, self.changed]).toEqual([[], [], []]);
      const [there, back] = [compareRuns(a, b), compareRuns(b, a)];
      expect(there.added).toEqual(back.gone);
      expect(there.gone).toEqual(back.added);
      expect(there.same).toBe(back.same);
    }),
  );
});
