import { describe, expect, test } from 'vitest';
import { checkTopicsComplete, newestTopics } from '../../../lambdas/report/topics.ts';
import { topic } from '../../support/make.ts';
import { errorOf } from '../../support/readers.ts';

const row = (
  run: string,
  layer: number,
  cluster: number,
  created_at = '2026-11-01T10:00:00.123456',
  change: Record<string, unknown> = {},
) => ({
  topic_key: `${run}#${layer}#${cluster}`,
  layer_id: layer,
  cluster_id: cluster,
  topic_name: `Topic ${layer}.${cluster}`,
  created_at,
  ...change,
});
const keysOf = (rows: unknown[]) => newestTopics(rows).map(({ topic_key }) => topic_key);

describe('the newest pipeline run', () => {
  test('its topics come by layer and cluster, however the rows come', () => {
    expect(keysOf([row('a', 1, 0), row('a', 0, 10), row('a', 0, 2)])).toEqual(['a#0#2', 'a#0#10', 'a#1#0']);
  });

  test('it is known by the time of its rows, not by its id or size', () => {
    const old = [row('z', 0, 0, '2026-10-01T10:00:00'), row('z', 0, 1, '2026-10-01T10:00:01')];
    const fresh = [row('a', 0, 0, '2026-11-01T10:00:00')];
    expect(keysOf([...old, ...fresh])).toEqual(['a#0#0']);
    expect(keysOf([...fresh, ...old])).toEqual(['a#0#0']);
  });

  test('times without a zone and with Z are both read', () => {
    expect(keysOf([row('old', 0, 0, '2026-11-01T10:00:00.5'), row('new', 0, 0, '2026-11-01T11:00:00Z')])).toEqual([
      'new#0#0',
    ]);
    expect(keysOf([row('old', 0, 0, '2026-11-01T10:00:00Z'), row('new', 0, 0, '2026-11-01T11:00:00.5')])).toEqual([
      'new#0#0',
    ]);
  });

  test('a time with an offset is read as the moment it is', () => {
    expect(keysOf([row('new', 0, 0, '2026-11-01T10:30:00Z'), row('old', 0, 0, '2026-11-01T11:00:00+02:00')])).toEqual([
      'new#0#0',
    ]);
  });

  test('a run without times is older than one with them', () => {
    expect(keysOf([row('a', 0, 0), row('b', 0, 0, undefined, { created_at: undefined })])).toEqual(['a#0#0']);
  });

  test('older keys like layer0_7 are one run of their own', () => {
    const old = [0, 1].map((cluster) => row('', 0, cluster, '2026-10-01', { topic_key: `layer0_${cluster}` }));
    expect(newestTopics(old)).toEqual(
      [0, 1].map((cluster) => ({
        topic_key: `layer0_${cluster}`,
        section: `layer0_${cluster}`,
        layer: 0,
        cluster,
        name: `Topic 0.${cluster}`,
      })),
    );
    expect(keysOf([...old, row('a', 0, 7)])).toEqual(['a#0#7']);
  });

  test('numbers may come as text, and names lose their blanks', () => {
    const [only] = newestTopics([
      row('a', 0, 0, undefined, { layer_id: '1', cluster_id: '12', topic_name: ' Trams ' }),
    ]);
    expect(only).toMatchObject({ layer: 1, cluster: 12, name: 'Trams' });
  });
});

describe('topics that are not ready', () => {
  test.each([
    ['topic_name', undefined],
    ['topic_name', '  '],
    ['layer_id', undefined],
    ['layer_id', 'fine'],
    ['layer_id', 0.5],
    ['cluster_id', undefined],
    ['cluster_id', -1],
  ])('a half-written row of the newest run is named with its field: %s %j', async (field, value) => {
    const error = await errorOf(() => newestTopics([row('a', 0, 0), row('a', 0, 1, undefined, { [field]: value })]));
    expect(error.name).toBe('InvalidRow');
    expect(error.message).toContain('a#0#1');
    expect(error.message).toContain(`${field}:`);
  });

  test.each(['layer_id', 'cluster_id'])(
    'a row whose %s is null is half written, and not of number 0',
    async (field) => {
      expect((await errorOf(() => newestTopics([row('a', 1, 1, undefined, { [field]: null })]))).name).toBe(
        'InvalidRow',
      );
    },
  );

  test('a row of the newest run whose created_at is not text is named', async () => {
    expect(
      (await errorOf(() => newestTopics([row('a', 0, 0), row('a', 0, 1, undefined, { created_at: null })]))).name,
    ).toBe('InvalidRow');
  });

  test('half-written rows of older runs do no harm', () => {
    expect(keysOf([row('old', 0, 0, '2026-01-01', { topic_name: undefined }), row('new', 0, 0)])).toEqual(['new#0#0']);
  });

  test('no topic at all is said', async () => {
    expect((await errorOf(() => newestTopics([]))).name).toBe('ConversationNotReady');
  });

  test('rows that are no rows are refused, never passed on', async () => {
    for (const value of [null, 'text', 5, [], {}])
      expect((await errorOf(() => newestTopics([value]))).name).toBe('InvalidRow');
  });
});

describe('clusters and names of one run', () => {
  const clusters = (entries: [number, [number, number][]][]) =>
    new Map(entries.map(([layer, of]) => [layer, new Map(of)]));

  test('every cluster with a comment has a name: nothing is said', () => {
    expect(() =>
      checkTopicsComplete(
        [topic(0, 0), topic(0, 1), topic(1, 0)],
        clusters([
          [
            0,
            [
              [0, 0],
              [1, 1],
            ],
          ],
          [1, [[0, 0]]],
        ]),
      ),
    ).not.toThrow();
  });

  test('an unnamed cluster is reported with its layer and number', async () => {
    const error = await errorOf(() =>
      checkTopicsComplete(
        [topic(0, 0), topic(1, 4)],
        clusters([
          [
            0,
            [
              [0, 0],
              [1, 4],
            ],
          ],
        ]),
      ),
    );
    expect(error.name).toBe('ConversationNotReady');
    expect(error.message).toMatch(/1 cluster\(s\) of layer 0 have no name \(4\)/);
  });

  test('of many unnamed clusters five are listed and all are counted', async () => {
    const error = await errorOf(() =>
      checkTopicsComplete([], clusters([[2, Array.from({ length: 9 }, (_, i): [number, number] => [i, i])]])),
    );
    expect(error.message).toMatch(/9 cluster\(s\) of layer 2 have no name \(0, 1, 2, 3, 4\)/);
  });

  test('a topic whose comments are all deleted is not an error', () => {
    expect(() => checkTopicsComplete([topic(0, 0), topic(0, 1)], clusters([[0, [[0, 0]]]]))).not.toThrow();
  });
});
