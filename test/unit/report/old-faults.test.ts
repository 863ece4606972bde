import { describe, expect, test } from 'vitest';
import { shownComments, tallyComments } from '../../../lambdas/report/comments.ts';
import { parseOpinionMath } from '../../../lambdas/report/opinion-groups.ts';
import { consensusThreshold, planSections } from '../../../lambdas/report/sections.ts';
import { newestTopics } from '../../../lambdas/report/topics.ts';
import { customId, topicSection } from '../../../lambdas/shared/names.ts';
import { comment, JOB, RUN, topic } from '../../support/make.ts';

/** One test for each fault that the pipeline before this one had. */
describe('faults of the old pipeline', () => {
  const sections = (comments = [comment(0, { extremity: 2 })]) =>
    planSections({
      jobId: JOB,
      comments,
      conversationSize: comments.length,
      groupCount: 2,
      topics: [topic(0, 0), topic(0, 1)],
      clusters: new Map([[0, new Map([[0, 0]])]]),
    }).sections;

  test('tid 0 is not dropped, in a topic nor in a global section', () => {
    expect(sections().map(({ comments }) => comments.map(({ tid }) => tid))).toEqual([[0], [0]]);
  });

  test('tid 0 keeps its votes and its measures', () => {
    const math = parseOpinionMath(
      {
        tids: [0, 1],
        extremity: [1.7, 0.1],
        consensus: { 0: 0.9 },
        group_clusters: [
          { id: 0, members: [0] },
          { id: 1, members: [1] },
        ],
        base_ids: [0, 1],
        base_members: [[0], [1]],
      },
      [],
    );
    const [tallied] = tallyComments(
      [{ tid: 0, txt: 'x', mod: 0, active: true, is_meta: false, selected: true }],
      [{ tid: 0, gid: 0, agrees: 1, disagrees: 0, passes: 0 }],
      math,
    );
    expect(tallied).toMatchObject({ tid: 0, all: { votes: 1 }, extremity: 1.7, consensus: 0.9 });
  });

  test('the threshold of consensus with 2 groups is 0.7', () => {
    expect(consensusThreshold(2)).toBe(0.7);
  });

  test('deselected comments are not sent', () => {
    const deselected = { tid: 0, txt: 'x', mod: 1, active: true, is_meta: false, selected: false };
    const showing = { mod_level: -2, include_moderation: false, exclude_comment_selections: true };
    expect(shownComments([deselected], showing).shown).toEqual([]);
  });

  test('empty sections are not asked for', () => {
    expect(sections().map(({ section }) => section)).toEqual([`${RUN}_0_0`, 'batch_re_global_groups']);
    expect(sections([])).toEqual([]);
  });

  test('ids of base clusters are not taken for pids', () => {
    const keys = {
      tids: [],
      extremity: [],
      consensus: {},
      group_clusters: [
        { id: 0, members: [0, 1] },
        { id: 1, members: [2] },
      ],
      base_ids: [2, 0, 1],
      base_members: [[50, 51], [10], [20, 21]],
    };
    expect(parseOpinionMath(keys, []).groups.map(({ pids }) => pids)).toEqual([
      [10, 20, 21],
      [50, 51],
    ]);
  });

  test('topics of old pipeline runs are not mixed in', () => {
    const row = (run: string, cluster: number, created_at: string) => ({
      topic_key: `${run}#0#${cluster}`,
      layer_id: 0,
      cluster_id: cluster,
      topic_name: run,
      created_at,
    });
    const rows = [
      row('old', 0, '2026-01-01T00:00:00'),
      row('new', 0, '2026-11-01T00:00:00'),
      row('old', 1, '2026-01-01T00:00:01'),
      row('new', 1, '2026-11-01T00:00:01'),
    ];
    expect(newestTopics(rows).map(({ section }) => section)).toEqual(['new_0_0', 'new_0_1']);
  });

  test('custom ids of long sections do not collide, because they hold no section name', () => {
    const long = 'x'.repeat(60);
    expect(topicSection(`${long}#0#1`).slice(0, 60)).toBe(topicSection(`${long}#0#2`).slice(0, 60));
    expect(customId(JOB, 1, 1)).not.toBe(customId(JOB, 1, 2));
  });
});
