import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readExport } from '../local/export/read-export.ts';
import { deriveTopics } from '../local/export/topics.ts';

const FIXTURE = join(import.meta.dirname, 'fixtures', 'export');

describe('derived topics', () => {
  it('nest: comments of one fine topic are in one coarse topic', async () => {
    const { clusterAssignments, topicNames } = await readExport(FIXTURE);
    const coarseOf = new Map<number | undefined, Set<number | undefined>>();
    for (const row of clusterAssignments) {
      const seen = coarseOf.get(row.layer0_cluster_id) ?? new Set();
      coarseOf.set(row.layer0_cluster_id, seen.add(row.layer1_cluster_id));
    }
    for (const coarse of coarseOf.values()) expect(coarse.size).toBe(1);
    const count = (layer: number) => topicNames.filter(({ layer_id }) => layer_id === layer).length;
    expect(count(0)).toBeGreaterThanOrEqual(4);
    expect(count(1)).toBe(3);
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
    for (const layer of [0, 1]) {
      const names = topicNames.filter(({ layer_id }) => layer_id === layer).map(({ topic_name }) => topic_name);
      expect(new Set(names).size).toBe(names.length);
    }
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

  it('give every comment exactly one row and only clusters that have a name, for whatever texts', () => {
    const word = fc.constantFrom('bus', 'school', 'park', 'river', 'tax', 'the', '', '公園', 'É');
    const texts = fc.array(
      fc.array(word, { maxLength: 6 }).map((words) => words.join(' ')),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(texts, (given) => {
        const comments = given.map((txt, tid) => ({ tid, txt, mod: 0 as const }));
        const { clusterAssignments, topicNames } = deriveTopics(1, comments, 0);
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
  });
});
