import { describe, expect, test } from 'vitest';
import { type Comment, shownComments, tallyComments } from '../../../lambdas/report/comments.ts';
import type { OpinionMath } from '../../../lambdas/report/opinion-groups.ts';
import { tally } from '../../../lambdas/report/votes.ts';

const comment = (tid: number, change: Partial<Comment> = {}): Comment => ({
  tid,
  txt: 'text',
  mod: 0,
  selected: true,
  ...change,
});
const tids = (comments: { tid: number }[]) => comments.map(({ tid }) => tid);

describe('which comments may be shown', () => {
  const comments = [comment(0), comment(1, { mod: -1 }), comment(2, { selected: false }), comment(3, { mod: 1 })];
  const shown = (include_moderation: boolean, exclude_comment_selections: boolean) =>
    tids(shownComments(comments, { include_moderation, exclude_comment_selections }));

  test('deselected comments are not sent, while rejected ones are unless moderation counts', () => {
    expect(shown(false, true)).toEqual([0, 1, 3]);
  });

  test('rejected comments are not sent when moderation counts; unmoderated ones are', () => {
    expect(shown(true, true)).toEqual([0, 3]);
  });

  test('deselected comments are sent when the job says so', () => {
    expect(shown(false, false)).toEqual([0, 1, 2, 3]);
    expect(shown(true, false)).toEqual([0, 2, 3]);
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
