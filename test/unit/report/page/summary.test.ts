import { describe, expect, test } from 'vitest';
import type { Counts, PageClause, PageData } from '../../../../lambdas/report/page/data.ts';
import { setsApart, summaryOf } from '../../../../lambdas/report/page/summary.ts';

const clause = (citations: number[], claim: PageClause['claim'], standing: PageClause['standing'] = 'proven') => ({
  text: 'x',
  citations,
  ...(claim ? { claim } : {}),
  standing,
});
const comment = (tid: number, ...votes: Counts[]) => ({ tid, text: `comment ${tid}`, votes, cited: 1 });

function page(comments: PageData['comments'], clauses: PageClause[]): PageData {
  return {
    format: 1,
    report_id: 'r',
    title: '',
    date: '',
    model: '',
    simulated: false,
    counts: {},
    groups: ['A', 'B'].map((letter) => ({ letter, label: `Group ${letter}`, size: 50 })),
    comments,
    sections: [
      {
        id: 's1',
        section: 'x',
        kind: 'topic',
        title: 'x',
        state: 'written',
        checked: true,
        takenOut: [],
        paragraphs: [{ title: '', sentences: [clauses] }],
      },
    ],
  };
}

describe('what a report says in short', () => {
  test('is the strongest first: more votes before the same shares of fewer', () => {
    const few = comment(1, [18, 2, 0], [9, 1, 0], [9, 1, 0]);
    const many = comment(2, [180, 20, 0], [90, 10, 0], [90, 10, 0]);
    const agree = { kind: 'consensus', stance: 'agree' } as const;
    const { consensus } = summaryOf(page([few, many], [clause([1], agree), clause([2], agree)]));
    expect(consensus.map(({ comment, clause }) => [comment.tid, clause])).toEqual([
      [2, 's1p1c2'],
      [1, 's1p1c1'],
    ]);
    expect(consensus[0]?.shows).toEqual({ what: 'consensus', stance: 'agree', low: 0.9, high: 0.9 });
  });

  test('tells a comment once in a list, at most three, and none of a claim that is not proven', () => {
    const comments = [1, 2, 3, 4, 5].map((tid) => comment(tid, [50, 50, 0], [45 - tid, 5, 0], [5, 45, 0]));
    const more: PageClause['claim'] = { kind: 'difference', stance: 'agree', groups: ['A'], than: ['B'] };
    const clauses = [1, 1, 2, 3, 4].map((tid) => clause([tid], more));
    const { differences, anything } = summaryOf(page(comments, [clause([5], more, 'failed'), ...clauses]));
    expect(differences.map(({ comment }) => comment.tid)).toEqual([1, 2, 3]);
    expect(anything).toBe(true);
  });

  test('names the shares of the groups that differ', () => {
    const more: PageClause['claim'] = { kind: 'difference', stance: 'disagree', groups: ['B'], than: ['A'] };
    const { differences } = summaryOf(page([comment(1, [50, 50, 0], [40, 10, 0], [10, 40, 0])], [clause([1], more)]));
    expect(differences[0]?.shows).toEqual({
      what: 'difference',
      stance: 'disagree',
      first: 'B',
      second: 'A',
      share: 0.8,
      other: 0.2,
    });
  });

  test('has doubts of everyone and of groups, passes and splits alike', () => {
    const comments = [
      comment(1, [10, 10, 40], [5, 5, 20], [5, 5, 20]),
      comment(2, [30, 30, 2], [15, 15, 1], [15, 15, 1]),
    ];
    const { doubts } = summaryOf(
      page(comments, [clause([1], { kind: 'uncertain', groups: ['A'] }), clause([2], { kind: 'divided' })]),
    );
    expect(doubts.map(({ shows }) => shows)).toMatchObject([
      { what: 'uncertain', group: 'A', share: 20 / 30 },
      { what: 'divided', agree: 30 / 62, disagree: 30 / 62 },
    ]);
  });

  test('leaves out comments that are not shown or have no votes', () => {
    const agree = { kind: 'consensus', stance: 'agree' } as const;
    const hidden = { ...comment(1, [20, 0, 0], [10, 0, 0], [10, 0, 0]), text: '', hidden: 'rejected' as const };
    const { consensus } = summaryOf(page([hidden, { tid: 2, text: 'x', cited: 1 }], [clause([1, 2], agree)]));
    expect(consensus).toEqual([]);
  });
});

describe('what sets a group apart', () => {
  const comments = [
    comment(1, [50, 50, 0], [45, 5, 0], [5, 45, 0]),
    comment(2, [60, 40, 0], [30, 20, 0], [30, 20, 0]),
    comment(3, [9, 5, 0], [9, 0, 0], [0, 5, 0]),
  ];

  test('is what it votes on otherwise than the others, with enough votes on both sides', () => {
    expect(setsApart(page(comments, []), 'A')).toMatchObject([{ comment: { tid: 1 }, share: 0.9, others: 0.1 }]);
  });

  test('is the same for two groups, from the other side', () => {
    expect(setsApart(page(comments, []), 'B')).toMatchObject([
      { comment: { tid: 1 }, stance: 'disagree', share: 0.9, others: 0.1 },
    ]);
  });
});
