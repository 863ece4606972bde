import { describe, expect, it } from 'vitest';
import { type Evidence, evidenceSchema, storedEvidence } from '../../../../lambdas/report/claims/evidence.ts';
import { tally } from '../../../../lambdas/report/votes.ts';

const EVIDENCE: Evidence = {
  groups: [
    { letter: 'A', label: 'Group A', size: 12 },
    { letter: 'B', label: 'Locals', size: 30 },
  ],
  votes: new Map([
    [0, [tally(9, 2, 1), tally(5, 1, 0), tally(4, 1, 1)]],
    [17, [tally(0, 3, 0), tally(0, 0, 0), tally(0, 3, 0)]],
    [18, [tally(1, 1, 1), tally(1, 1, 1), tally(0, 0, 0)]],
  ]),
};

describe('stored evidence', () => {
  it('holds the votes on the comments asked for, as JSON', () => {
    expect(JSON.parse(JSON.stringify(storedEvidence(EVIDENCE, [17, 0])))).toEqual({
      groups: [
        { letter: 'A', label: 'Group A', size: 12 },
        { letter: 'B', label: 'Locals', size: 30 },
      ],
      votes: {
        '0': [
          [9, 2, 1],
          [5, 1, 0],
          [4, 1, 1],
        ],
        '17': [
          [0, 3, 0],
          [0, 0, 0],
          [0, 3, 0],
        ],
      },
    });
  });

  it('is read back as it was', () => {
    const stored = JSON.parse(JSON.stringify(storedEvidence(EVIDENCE, EVIDENCE.votes.keys())));
    expect(evidenceSchema.parse(stored)).toEqual(EVIDENCE);
  });

  it('leaves out comments that have no votes', () => {
    expect(storedEvidence(EVIDENCE, [5]).votes).toEqual({});
  });

  it.each([
    ['a tally of a group is missing', { '0': '1:2:3' }],
    ['there is a tally of one group more', { '0': '1:2:3 0:0:0 0:0:0 0:0:0' }],
    ['a count is negative', { '0': '1:2:-3 0:0:0 0:0:0' }],
    ['a count is not whole', { '0': '1:2:0.5 0:0:0 0:0:0' }],
    ['a tally has four counts', { '0': '1:2:3:6 0:0:0 0:0:0' }],
    ['a comment has no number', { x: '1:2:3 0:0:0 0:0:0' }],
  ])('is refused when %s', (_, counts) => {
    const votes = Object.fromEntries(
      Object.entries(counts).map(([tid, row]) => [tid, row.split(' ').map((one) => one.split(':').map(Number))]),
    );
    expect(evidenceSchema.safeParse({ groups: EVIDENCE.groups, votes }).success).toBe(false);
  });
});
