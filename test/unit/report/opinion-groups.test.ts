import { describe, expect, test } from 'vitest';
import { defaultLabel, parseOpinionMath } from '../../../lambdas/report/opinion-groups.ts';
import { ConversationNotReady } from '../../../lambdas/shared/errors.ts';
import { errorOf } from '../../support/readers.ts';

const keys = (change: Record<string, unknown> = {}) => ({
  tids: [4, 0],
  extremity: [0.5, 1.5],
  consensus: { '0': 0.75, '4': 0.1 },
  group_clusters: [
    { id: 1, center: [0, 0], members: [5] },
    { id: 0, center: [0, 0], members: [6, 7] },
  ],
  base_ids: [5, 6, 7],
  base_members: [[11, 12], [0], [21]],
  ...change,
});

describe('what the math worker found', () => {
  test('groups come in order of gid, each with the pids of its base clusters', () => {
    expect(parseOpinionMath(keys(), []).groups).toEqual([
      { gid: 0, label: 'Group A', pids: [0, 21] },
      { gid: 1, label: 'Group B', pids: [11, 12] },
    ]);
  });

  test('measures go to the tid they belong to', () => {
    const { extremity, consensus } = parseOpinionMath(keys(), []);
    expect([...extremity]).toEqual([
      [4, 0.5],
      [0, 1.5],
    ]);
    expect([consensus.get(0), consensus.get(4)]).toEqual([0.75, 0.1]);
  });

  test('floats and numbers in quotes are taken as the numbers they are', () => {
    const floats = keys({
      tids: [4.0, '0'],
      extremity: ['0.5', 1.5],
      consensus: { '0': '0.75', '4': 0.1 },
      group_clusters: [
        { id: '1', members: [5.0000000001] },
        { id: 0.0, members: ['6', 7] },
      ],
      base_ids: ['5', 6.0, '7.0'],
      base_members: [['11', 12.0], [0.0], ['21']],
    });
    expect(parseOpinionMath(floats, [])).toEqual(parseOpinionMath(keys(), []));
  });

  test('more tids than extremities leave the last ones without a measure', () => {
    expect([...parseOpinionMath(keys({ extremity: [0.5] }), []).extremity]).toEqual([[4, 0.5]]);
  });

  test('a participant whom two base clusters hold counts once', () => {
    const { groups } = parseOpinionMath(
      keys({
        base_members: [
          [11, 12],
          [0, 11],
          [21, 12],
        ],
      }),
      [],
    );
    const pids = groups.flatMap((group) => group.pids);
    expect(pids.length).toBe(new Set(pids).size);
    expect([...pids].sort((a, b) => a - b)).toEqual([0, 11, 12, 21]);
  });

  test('a base cluster that is not there has no people', () => {
    const groups = [
      { id: 0, members: [6, 99] },
      { id: 1, members: [5] },
    ];
    expect(parseOpinionMath(keys({ group_clusters: groups }), []).groups[0]?.pids).toEqual([0]);
  });
});

describe('math that is not ready', () => {
  test.each([
    ['tids', 'tids'],
    ['extremity', 'pca.comment-extremity'],
    ['consensus', 'group-aware-consensus'],
    ['group_clusters', 'group-clusters'],
    ['base_ids', 'base-clusters.id'],
    ['base_members', 'base-clusters.members'],
  ])('a missing or null %s is named as %s, where it stands in math_main.data', async (key, name) => {
    for (const nothing of [undefined, null]) {
      const error = await errorOf(() => parseOpinionMath(keys({ [key]: nothing }), []));
      expect(error).toBeInstanceOf(ConversationNotReady);
      expect(error.message).toContain(`(${name}:`);
    }
  });

  test('an id that is no whole number is refused and its place named', async () => {
    expect((await errorOf(() => parseOpinionMath(keys({ tids: [4, 0.5] }), []))).message).toContain(
      'tids.1: must be a whole number',
    );
    expect((await errorOf(() => parseOpinionMath(keys({ base_members: [[11], [-1], [3]] }), []))).message).toContain(
      'base-clusters.members.1.0',
    );
    expect((await errorOf(() => parseOpinionMath(keys({ extremity: ['much', 1] }), []))).message).toContain(
      'pca.comment-extremity.0',
    );
  });

  test.each([null, '', true, []])('%j is not taken for tid 0 or 1', (value) => {
    expect(() => parseOpinionMath(keys({ tids: [4, value] }), [])).toThrow(ConversationNotReady);
  });

  test.each([
    ['no group', [], 0],
    ['one group', [{ id: 0, members: [5, 6, 7] }], 1],
    [
      'a second group without people',
      [
        { id: 0, members: [5] },
        { id: 1, members: [] },
      ],
      1,
    ],
  ])('%s is too few, and the message says how many', async (_, group_clusters, count) => {
    const error = await errorOf(() => parseOpinionMath(keys({ group_clusters }), []));
    expect([error.name, error.message]).toEqual([
      'ConversationNotReady',
      expect.stringContaining(`has ${count} opinion group(s)`),
    ]);
  });
});

describe('labels of groups', () => {
  test('gid 0 is Group A and gid 25 Group Z; after the alphabet come numbers', () => {
    expect([0, 1, 25, 26, 40].map(defaultLabel)).toEqual(['Group A', 'Group B', 'Group Z', 'Group 27', 'Group 41']);
  });

  test('the report’s own names are used by gid; empty and blank ones mean the default', () => {
    const labels = (names: (string | null)[]) => parseOpinionMath(keys(), names).groups.map(({ label }) => label);
    expect(labels(['Newcomers', ' Locals '])).toEqual(['Newcomers', 'Locals']);
    expect(labels(['', 'Locals'])).toEqual(['Group A', 'Locals']);
    expect(labels([null, '  '])).toEqual(['Group A', 'Group B']);
  });
});
