import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readExport } from '../../../local/export/read-export.ts';
import { deriveTopics as derive } from '../../../local/export/topics.ts';

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
  })),
);

type Topics = Awaited<ReturnType<typeof derive>>;
interface Comment {
  tid: number;
  txt: string;
}

/** Topics of comments of which all are shown, but those named. */
const deriveTopics = (comments: Comment[], hidden: number[] = []): Promise<Topics> =>
  derive(1, comments, new Set(comments.map(({ tid }) => tid).filter((tid) => !hidden.includes(tid))), 0);

/** One comment a text. */
const commentsOf = (texts: string[]): Comment[] => texts.map((txt, tid) => ({ tid, txt }));

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
  it('nest: comments of one fine topic are in one coarse topic', async () => {
    const { clusterAssignments, topicNames } = await deriveTopics(SUBJECTS);
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

  it('have in the coarse layer only topics that join fine ones, each of all their comments', async () => {
    const { topicNames, clusterAssignments } = await deriveTopics(SUBJECTS);
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

  it('are distinguished by a number when they have no further word', async () => {
    const comments = ['bus', 'bus, bus, bus', 'bus, park', 'bus, park, park, park', 'park', 'park, bus, bus, bus'];
    const { topicNames } = await deriveTopics(commentsOf(comments));
    expect(topicNames.map(({ topic_name }) => topic_name)).toContainEqual(expect.stringMatching(/ \(2\)$/));
    expect(distinctNames(topicNames)).toBe(topicNames.length);
  });

  it('part comments by what they speak of and are called by what sets them apart', async () => {
    const about = (words: string[]) =>
      Array.from({ length: 8 }, (_, index) => `The ${words[index % 3]} and the ${words[(index + 1) % 3]} in our town`);
    const comments = commentsOf([
      ...about(['buses', 'trams', 'tickets']),
      ...about(['schools', 'teachers', 'lessons']),
    ]);
    const { clusterAssignments, topicNames } = await deriveTopics(comments);
    const clustersOf = (from: number) =>
      new Set(clusterAssignments.slice(from, from + 8).map(({ layer0_cluster_id }) => layer0_cluster_id));
    const [ofTransport, ofSchools] = [clustersOf(0), clustersOf(8)];
    expect([...ofTransport].filter((cluster) => ofSchools.has(cluster))).toEqual([]);
    for (const { layer_id, cluster_id, topic_name } of topicNames) {
      if (layer_id !== 0) continue;
      expect(topic_name).toMatch(ofTransport.has(cluster_id) ? /buses|trams|tickets/i : /schools|teachers|lessons/i);
      expect(topic_name).not.toMatch(/town/);
    }
  });

  it('leave comments that are not shown and those without a word that counts in cluster -1', async () => {
    const { clusterAssignments } = await readExport(FIXTURE);
    expect(clusterAssignments[11]).toMatchObject({ comment_id: 11, layer0_cluster_id: -1, layer1_cluster_id: -1 });
    const hidden = await deriveTopics(commentsOf(Array(3).fill('Late buses for the library')), [2]);
    expect(hidden.clusterAssignments.map(({ layer0_cluster_id }) => layer0_cluster_id)).toEqual([0, 0, -1]);
    const empty = await deriveTopics(commentsOf(['', '  ', '?!', '12']));
    expect(empty.topicNames).toEqual([]);
    expect(empty.clusterAssignments.map(({ layer0_cluster_id }) => layer0_cluster_id)).toEqual([-1, -1, -1, -1]);
  });

  it('give every comment one row, only clusters with a name of their own, and coarse ones that join fine ones', async () => {
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
    await fc.assert(
      fc.asyncProperty(texts, async (given) => {
        const comments = commentsOf(given);
        const { clusterAssignments, topicNames } = await deriveTopics(comments);
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

/** Eight comments about each of two subjects, with common words of the language around. */
const LANGUAGES: [language: string, comments: string[], subjects: RegExp, never: RegExp][] = [
  [
    'German',
    [
      'Um die Radwege in der Stadt zu sichern, braucht es mehr Platz für Fahrräder.',
      'Es ist zu gefährlich, und die Radwege sind zu schmal für Fahrräder.',
      'Die Radwege müssen im Winter geräumt werden, es geht um die Sicherheit.',
      'Mehr Radwege, damit es um die Sicherheit der Kinder besser steht.',
      'Um Strom zu sparen, sollte es auf jedem Dach Solaranlagen geben.',
      'Es lohnt sich, Solaranlagen zu fördern, um Strom vom Dach zu nutzen.',
      'Solaranlagen auf dem Dach sind um vieles günstiger, es gibt Strom für alle.',
      'Strom vom Dach ist gut, und es ist zu wenig davon da.',
    ],
    /Radwege[\s\S]*(Solaranlagen|Strom|Dach)|(Solaranlagen|Strom|Dach)[\s\S]*Radwege/,
    /\b(zu|um|es|und|die|auf)\b(?=,|$)/im,
  ],
  [
    'French',
    [
      "L'eau du fleuve est trop polluée pour que les enfants y nagent.",
      "Il faut protéger l'eau du fleuve, c'est notre avenir.",
      "L'eau est chère, et le fleuve est sale.",
      'Le fleuve est sale depuis des années, personne ne fait rien.',
      'Les cantines scolaires devraient servir des repas locaux.',
      'Des repas locaux dans les cantines, ce serait bien pour tous.',
      'Les repas des cantines sont froids et chers.',
      'Je veux que les cantines servent des repas chauds.',
    ],
    /(eau|fleuve)[\s\S]*(cantines|repas)|(cantines|repas)[\s\S]*(eau|fleuve)/,
    /\b(les|des|du|il|faut|que)\b(?=,|$)/im,
  ],
];

describe('names of topics', () => {
  it.each(LANGUAGES)('are without the common words of %s, which is detected', async (name, texts, subjects, never) => {
    const { topicNames, language } = await deriveTopics(commentsOf(texts));
    expect(language).toBe(name);
    const names = topicNames.map(({ topic_name }) => topic_name).join('\n');
    expect(names).toMatch(subjects);
    expect(names).not.toMatch(never);
  });

  it('are written as the comments have them: capitals, endings, and phrases', async () => {
    const { topicNames } = await deriveTopics(
      commentsOf([
        'The EU sets the rules of the single market.',
        'A single market without the EU is a dream.',
        'Small shops need the single market of the EU.',
        'Our nurses earn too little in public hospitals.',
        'Public hospitals have too few nurses.',
        'More nurses should work in public hospitals.',
        'Rivers flood the valley every spring.',
        'When rivers flood, the valley is cut off.',
      ]),
    );
    const names = topicNames.map(({ topic_name }) => topic_name).join('\n');
    expect(names).toMatch(/single market/i);
    expect(names).toMatch(/public hospitals/i);
    expect(names).toMatch(/\bEU\b/);
  });

  it.each([
    [
      'Chinese',
      [
        '公园需要更多的树木',
        '公园里的树木太少了',
        '公园的树木很漂亮',
        '学校需要更好的老师',
        '学校的老师太少了',
        '学校老师很辛苦',
      ],
    ],
    [
      'Japanese',
      [
        '公園にはもっと木が必要です',
        '公園の木は少なすぎる',
        '公園の木を大切にする',
        '学校の先生が足りない',
        '学校の先生は忙しい',
        '学校にもっと先生を',
      ],
    ],
    [
      'Thai',
      [
        'สวนสาธารณะต้องการต้นไม้มากขึ้น',
        'ต้นไม้ในสวนสาธารณะน้อยเกินไป',
        'สวนสาธารณะสวยงาม',
        'โรงเรียนต้องการครูมากขึ้น',
        'ครูในโรงเรียนน้อยเกินไป',
        'ครูโรงเรียนทำงานหนัก',
      ],
    ],
  ])('are found in %s, which is written without spaces', async (name, texts) => {
    const { topicNames, language, clusterAssignments } = await deriveTopics(commentsOf(texts));
    expect(language).toMatch(new RegExp(name));
    expect(topicNames.length).toBeGreaterThan(1);
    const text = texts.join('\n');
    for (const { topic_name } of topicNames) {
      for (const part of topic_name.replace(/ \(\d+\)$/, '').split(', ')) expect(text).toContain(part);
    }
    expect(clusterAssignments).toHaveLength(texts.length);
  });

  it('leave out what stands in most comments', async () => {
    const { topicNames } = await deriveTopics(
      SUBJECTS.map(({ tid, txt }) => ({ tid, txt: `Our island needs this: ${txt}` })),
    );
    for (const { topic_name } of topicNames) expect(topic_name).not.toMatch(/island/i);
  });

  it('are the same each time, and say no language when there is too little text', async () => {
    expect(await deriveTopics(SUBJECTS)).toEqual(await deriveTopics(SUBJECTS));
    expect((await deriveTopics(commentsOf(['ok', '🎉 ok', 'yes!']))).language).toBeUndefined();
  });
});
