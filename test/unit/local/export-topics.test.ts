import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readExport } from '../../../local/export/read-export.ts';
import { deriveTopics } from '../../../local/export/topics.ts';

const FIXTURE = join(import.meta.dirname, '../../support/fixtures/export');

/** Subjects that share words two by two, so that a coarse topic can join them, and one that shares none. */
const SUBJECTS = [
  ['bus', 'ticket', 'driver', 'road'],
  ['tram', 'ticket', 'driver', 'rail'],
  ['school', 'teacher', 'pupil', 'lesson'],
  ['college', 'teacher', 'pupil', 'degree'],
  ['harbour', 'ferry', 'quay', 'tide'],
].flatMap((words, subject) =>
  Array.from({ length: 16 }, (_, index) => ({
    tid: subject * 16 + index,
    txt: [0, 1 + (index % 3), 1 + ((index + 1) % 3)].map((word) => words[word]).join(' '),
    mod: 1 as const,
  })),
);

type Topics = ReturnType<typeof deriveTopics>;

/** Fine clusters that hold a comment of a coarse one. */
const childrenOf = (coarse: number, rows: Topics['clusterAssignments']) =>
  new Set(
    rows
      .filter(({ layer1_cluster_id }) => layer1_cluster_id === coarse)
      .map(({ layer0_cluster_id }) => layer0_cluster_id),
  );

/** How many names there are, whatever the order of their words. */
const distinctNames = (topics: Topics['topicNames']): number =>
  new Set(topics.map(({ topic_name }) => topic_name.split(', ').sort().join())).size;

describe('derived topics', () => {
  it('nest: comments of one fine topic are in one coarse topic', () => {
    const { clusterAssignments, topicNames } = deriveTopics(1, SUBJECTS, 0);
    const coarseOf = new Map<number | undefined, Set<number | undefined>>();
    for (const row of clusterAssignments) {
      const seen = coarseOf.get(row.layer0_cluster_id) ?? new Set();
      coarseOf.set(row.layer0_cluster_id, seen.add(row.layer1_cluster_id));
    }
    for (const coarse of coarseOf.values()) expect(coarse.size).toBe(1);
    const count = (layer: number) => topicNames.filter(({ layer_id }) => layer_id === layer).length;
    expect(count(0)).toBeGreaterThanOrEqual(4);
    expect(count(1)).toBe(2);
  });

  it('have keys of one run, names of their own, and keyword rows whose sizes are the assigned comments', async () => {
    const { topicNames, keywords, clusterAssignments } = await readExport(FIXTURE);
    const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(topicNames[0]?.topic_key ?? '')?.[0];
    for (const row of topicNames) {
      expect(row).toMatchObject({ topic_key: `${uuid}#${row.layer_id}#${row.cluster_id}`, model_name: 'tf-idf' });
      const key = `layer${row.layer_id}_cluster_id` as const;
      const size = clusterAssignments.filter((assigned) => assigned[key] === row.cluster_id).length;
      const keyword = keywords.find(({ cluster_key }) => cluster_key === `layer${row.layer_id}_${row.cluster_id}`);
      expect(keyword?.size).toBe(size);
      expect(size).toBeGreaterThan(0);
    }
    expect(distinctNames(topicNames)).toBe(topicNames.length);
  });

  it('have in the coarse layer only topics that join fine ones, each of all their comments', () => {
    const { topicNames, clusterAssignments } = deriveTopics(1, SUBJECTS, 0);
    const coarse = topicNames.filter(({ layer_id }) => layer_id === 1).map(({ cluster_id }) => cluster_id);
    expect(coarse).toEqual([0, 1]);
    for (const cluster of coarse) expect(childrenOf(cluster, clusterAssignments).size).toBeGreaterThan(1);
    const inNone = clusterAssignments.filter(({ layer1_cluster_id }) => layer1_cluster_id === -1);
    expect(inNone.length).toBeGreaterThan(0);
    expect(new Set(inNone.map(({ layer0_cluster_id }) => layer0_cluster_id)).size).toBe(1);
    expect(inNone.every(({ layer0_cluster_id }) => layer0_cluster_id !== -1)).toBe(true);
  });

  it('have no coarse layer when fewer than two coarse topics would join fine ones', async () => {
    const { topicNames, keywords, clusterAssignments } = await readExport(FIXTURE);
    expect(topicNames.length).toBeGreaterThanOrEqual(4);
    expect([...topicNames, ...keywords].filter(({ layer_id }) => layer_id !== 0)).toEqual([]);
    expect(new Set(clusterAssignments.map(({ layer1_cluster_id }) => layer1_cluster_id))).toEqual(new Set([-1]));
  });

  it('are distinguished by a number when they have no further word', () => {
    const comments = ['bus', 'bus bus bus', 'bus park', 'bus park park park', 'park', 'park bus bus bus'];
    const { topicNames } = deriveTopics(
      1,
      comments.map((txt, tid) => ({ tid, txt, mod: 1 })),
      0,
    );
    expect(topicNames.map(({ topic_name }) => topic_name)).toContain('Bus, Park (2)');
    expect(distinctNames(topicNames)).toBe(topicNames.length);
  });

  it('part comments by what they speak of and are called by their strongest words', () => {
    const about = (words: string[], first: number) =>
      Array.from({ length: 8 }, (_, index) => ({
        tid: first + index,
        txt: `The ${words[index % 3]} and the ${words[(index + 1) % 3]} in our town`,
        mod: 1 as const,
      }));
    const transport = about(['buses', 'trams', 'tickets'], 0);
    const schools = about(['schools', 'teachers', 'lessons'], 8);
    const { clusterAssignments, topicNames } = deriveTopics(1, [...transport, ...schools], 0);
    const clustersOf = (from: number) =>
      new Set(clusterAssignments.slice(from, from + 8).map(({ layer0_cluster_id }) => layer0_cluster_id));
    const [ofTransport, ofSchools] = [clustersOf(0), clustersOf(8)];
    expect([...ofTransport].filter((cluster) => ofSchools.has(cluster))).toEqual([]);
    for (const { layer_id, cluster_id, topic_name } of topicNames) {
      if (layer_id !== 0) continue;
      expect(topic_name).toMatch(ofTransport.has(cluster_id) ? /Buses|Trams|Tickets/ : /Schools|Teachers|Lessons/);
    }
  });

  it('leave rejected comments and those without a word that counts in cluster -1', async () => {
    const { clusterAssignments } = await readExport(FIXTURE);
    expect(clusterAssignments[11]).toMatchObject({ comment_id: 11, layer0_cluster_id: -1, layer1_cluster_id: -1 });
    const same = { txt: 'Late buses for the library', mod: 1 as const };
    const rejected = deriveTopics(
      1,
      [
        { tid: 0, ...same },
        { tid: 1, ...same },
        { ...same, tid: 2, mod: -1 },
      ],
      0,
    );
    expect(rejected.clusterAssignments.map(({ layer0_cluster_id }) => layer0_cluster_id)).toEqual([0, 0, -1]);
    const empty = deriveTopics(
      1,
      ['', '  ', '?!', 'the'].map((txt, tid) => ({ tid, txt, mod: 0 })),
      0,
    );
    expect(empty.topicNames).toEqual([]);
    expect(empty.clusterAssignments.map(({ layer0_cluster_id }) => layer0_cluster_id)).toEqual([-1, -1, -1, -1]);
  });

  it('give every comment one row, only clusters with a name of their own, and coarse ones that join fine ones', () => {
    const word = fc.constantFrom(
      'bus',
      'school',
      'park',
      'river',
      'tax',
      'tree',
      'shop',
      'pool',
      'the',
      '',
      '公園',
      'É',
    );
    let withCoarse = 0;
    const texts = fc.array(
      fc.array(word, { maxLength: 6 }).map((words) => words.join(' ')),
      { maxLength: 120, size: 'max' },
    );
    fc.assert(
      fc.property(texts, (given) => {
        const comments = given.map((txt, tid) => ({ tid, txt, mod: 0 as const }));
        const { clusterAssignments, topicNames } = deriveTopics(1, comments, 0);
        expect(distinctNames(topicNames)).toBe(topicNames.length);
        const coarse = topicNames.filter(({ layer_id }) => layer_id === 1).map(({ cluster_id }) => cluster_id);
        expect(coarse.length).not.toBe(1);
        if (coarse.length > 1) withCoarse += 1;
        for (const cluster of coarse) expect(childrenOf(cluster, clusterAssignments).size).toBeGreaterThan(1);
        const named = (layer: number) =>
          topicNames.filter(({ layer_id }) => layer_id === layer).map(({ cluster_id }) => cluster_id);
        expect(clusterAssignments.map(({ comment_id }) => comment_id)).toEqual(comments.map(({ tid }) => tid));
        for (const row of clusterAssignments) {
          expect([-1, ...named(0)]).toContain(row.layer0_cluster_id);
          expect([-1, ...named(1)]).toContain(row.layer1_cluster_id);
        }
      }),
      { numRuns: 40 },
    );
    expect(withCoarse).toBeGreaterThan(0);
  });
});
