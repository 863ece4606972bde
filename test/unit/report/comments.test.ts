import { describe, expect, test } from 'vitest';
import { type Comment, type Showing, shownComments, tallyComments } from '../../../lambdas/report/comments.ts';
import type { OpinionMath } from '../../../lambdas/report/opinion-groups.ts';
import { tally } from '../../../lambdas/report/votes.ts';

const comment = (tid: number, change: Partial<Comment> = {}): Comment => ({
  tid,
  txt: 'text',
  mod: 0,
  active: true,
  is_meta: false,
  selected: true,
  ...change,
});
const SHOWING: Showing = { mod_level: -1, include_moderation: false, exclude_comment_selections: true };
const tids = (comments: { tid: number }[]) => comments.map(({ tid }) => tid);

const ALL = -2;
const ACCEPTED = 0;

describe('which comments may be shown', () => {
  const comments = [
    comment(0),
    comment(1, { mod: -1 }),
    comment(2, { selected: false }),
    comment(3, { mod: 1 }),
    comment(4, { mod: 1, is_meta: true }),
    comment(5, { active: false }),
  ];
  const divide = (change: Partial<Showing> = {}) =>
    shownComments(comments, {
      ...SHOWING,
      ...change,
    });
  const shown = (change: Partial<Showing> = {}) => tids(divide(change).shown);

  test('rejected, deselected, meta and withdrawn comments are not; unmoderated ones are', () => {
    expect(shown()).toEqual([0, 3]);
  });

  test('a report that shows all comments shows rejected ones, unless the job asks for moderation', () => {
    expect(shown({ mod_level: ALL })).toEqual([0, 1, 3]);
    expect(shown({ mod_level: ALL, include_moderation: true })).toEqual([0, 3]);
  });

  test('a report that shows accepted comments only leaves out unmoderated ones', () => {
    expect(shown({ mod_level: ACCEPTED })).toEqual([3]);
  });

  test('deselected comments are shown when the job says so', () => {
    expect(shown({ exclude_comment_selections: false })).toEqual([0, 2, 3]);
    expect(shown({ exclude_comment_selections: false, mod_level: ALL })).toEqual([0, 1, 2, 3]);
  });

  test('each that is left out has one reason: the first that holds', () => {
    expect([...divide().leftOut]).toEqual([
      [1, 'rejected'],
      [2, 'deselected'],
      [4, 'meta'],
      [5, 'inactive'],
    ]);
    expect(divide({ mod_level: ACCEPTED }).leftOut.get(0)).toBe('not_accepted');
    const everything = comment(9, { mod: -1, is_meta: true, active: false, selected: false });
    expect([...shownComments([everything], { ...SHOWING, mod_level: ALL }).leftOut]).toEqual([[9, 'meta']]);
    expect([...shownComments([everything], SHOWING).leftOut]).toEqual([[9, 'rejected']]);
  });
});

describe('the votes on a comment', () => {
  const math: OpinionMath = {
    groups: [
      { gid: 0, label: 'Group A', pids: [1] },
      { gid: 2, label: 'Group C', pids: [2] },
    ],
    extremity: new Map([[0, 1.5]]),
    consensus: new Map([[0, 0.8]]),
    votes: [],
  };
  const count = (gid: number | null, agrees: number, disagrees: number, passes: number, tid = 0) => ({
    tid,
    gid,
    agrees,
    disagrees,
    passes,
  });

  test('each group has its own column, by gid and not by position', () => {
    const [tallied] = tallyComments([comment(0)], [count(2, 1, 2, 3), count(0, 4, 0, 0)], math);
    expect(tallied).toMatchObject({
      all: tally(5, 2, 3),
      groups: [tally(4, 0, 0), tally(1, 2, 3)],
      extremity: 1.5,
      consensus: 0.8,
    });
  });

  test('votes of people whom no group holds count overall only', () => {
    const [tallied] = tallyComments([comment(0)], [count(null, 7, 1, 1), count(9, 1, 0, 0), count(0, 1, 1, 0)], math);
    expect(tallied).toMatchObject({ all: tally(9, 2, 1), groups: [tally(1, 1, 0), tally(0, 0, 0)] });
  });

  test('a comment without votes or measures has zeros', () => {
    expect(tallyComments([comment(5)], [], math)).toEqual([
      {
        tid: 5,
        txt: 'text',
        all: tally(0, 0, 0),
        groups: [tally(0, 0, 0), tally(0, 0, 0)],
        extremity: 0,
        consensus: 0,
      },
    ]);
  });

  test('votes on a comment that is not shown are left out', () => {
    expect(tids(tallyComments([comment(9), comment(0), comment(4)], [count(0, 1, 0, 0, 77)], math))).toEqual([9, 0, 4]);
  });
});
