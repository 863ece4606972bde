import { expect, test } from 'vitest';
import { readOpinionMap } from '../../../lambdas/report/opinion-map.ts';

const keys = {
  base_ids: [4, 2, 9],
  base_x: [1, 3, -5],
  base_y: [0, 4, 2],
  base_counts: [1, 3, 2],
  group_clusters: [
    { id: 0, members: [2, 4] },
    { id: 1, members: [9] },
  ],
};

test('base clusters stand in their group, found by their ids; the middle of a group is that of its people', () => {
  expect(readOpinionMap(keys)).toEqual({
    points: [
      { letter: 'A', x: 3, y: 4, count: 3 },
      { letter: 'A', x: 1, y: 0, count: 1 },
      { letter: 'B', x: -5, y: 2, count: 2 },
    ],
    centers: [
      { letter: 'A', x: 2.5, y: 3 },
      { letter: 'B', x: -5, y: 2 },
    ],
  });
});

test.each([
  ['there is no math', undefined],
  ['a position is missing', { ...keys, base_x: null }],
  ['no group has anybody', { ...keys, base_counts: [0, 0, 0] }],
])('there is no map when %s', (_, math) => expect(readOpinionMap(math)).toBeUndefined());
