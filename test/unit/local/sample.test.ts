import { describe, expect, it } from 'vitest';
import { POSTGRES_VOTE } from '../../../lambdas/report/votes.ts';
import written from '../../../local/sample.json' with { type: 'json' };
import { currentVotes, PIPELINE_RUNS, SAMPLE, sampleConversation } from '../../../local/sample.ts';

const sample = sampleConversation();
const math = sample.math.data;
const texts = sample.comments.map(({ txt }) => txt);

/** Extremity by tid, as a reader of `math_main.data` finds it. */
const extremity = new Map(math.tids.map((tid, column) => [tid, math.pca['comment-extremity'][column] ?? 0]));
const votesByTid = Map.groupBy(currentVotes(sample.votes), ({ tid }) => tid);
/** Comments that belong to a topic of layer 0. */
const inTopic = new Set(
  sample.clusterAssignments.filter((row) => (row.layer0_cluster_id ?? -1) >= 0).map((row) => row.comment_id),
);

function distinct(ids: (number | undefined)[]): number[] {
  return [...new Set(ids)].filter((id) => id !== undefined).sort((a, b) => a - b);
}

/** What group `gid` answered to `tid`: agrees, disagrees, seen. */
function inGroup(gid: number, tid: number): { A: number; D: number; S: number } {
  return math['group-votes'][gid]?.votes[tid] ?? { A: 0, D: 0, S: 0 };
}

/** What group `gid` answered to comments that the JSON lets such a share of it agree with; 15 votes or more each. */
function answersWhere(gid: number, wanted: (agree: number) => boolean): { A: number; D: number; S: number }[] {
  const tids = math.tids.filter((tid) => wanted(written.comments[tid]?.agree[gid] ?? Number.NaN));
  return tids.map((tid) => inGroup(gid, tid)).filter(({ S }) => S >= 15);
}

/** The group of every participant in one, read through the base clusters. */
function groupsOfPids(): Map<number, number> {
  const base = math['base-clusters'];
  const pidsOf = (cluster: number) => base.members[base.id.indexOf(cluster)] ?? [];
  const groups = math['group-clusters'];
  return new Map(groups.flatMap(({ id, members }) => members.flatMap(pidsOf).map((pid) => [pid, id] as const)));
}

describe('the sample conversation', () => {
  it('is the same on every call', () => {
    expect(JSON.stringify(sampleConversation())).toBe(JSON.stringify(sample));
  });

  it('has one zid and one report id, as Polis writes them', () => {
    expect(SAMPLE.report_id).toMatch(/^r[a-z0-9]{18,22}$/);
    expect(sample.report).toMatchObject({ report_id: SAMPLE.report_id, rid: SAMPLE.rid });
    expect(sample.conversation.zid).toBe(SAMPLE.zid);
    const rows = [...sample.topicNames, ...sample.clusterAssignments, ...sample.keywords];
    expect(new Set(rows.map((row) => row.conversation_id))).toEqual(new Set([String(SAMPLE.zid)]));
    expect(sample.math.math_env).toBe('prod');
  });

  it('fits the columns of the tables it goes into', () => {
    expect(sample.conversation.topic.length).toBeLessThanOrEqual(1000);
    expect(sample.conversation.description.length).toBeGreaterThan(200);
    expect(Math.max(...texts.map((txt) => txt.length))).toBeLessThanOrEqual(1000);
  });
});

describe('the comments of the sample', () => {
  it('are 130 or more, all different, numbered from 0', () => {
    expect(texts.length).toBeGreaterThanOrEqual(130);
    expect(new Set(texts).size).toBe(texts.length);
    expect(sample.comments.map(({ tid }) => tid)).toEqual(texts.map((_, index) => index));
  });

  it.each([
    ['a newline', /\n/],
    ['double quotes', /"[^"]+"/],
    ['an emoji', /\p{Emoji_Presentation}/u],
    ['right-to-left text', /\p{Script=Arabic}{3}/u],
    ['nearly 1,000 characters', /^[\s\S]{950,1000}$/],
    ['fewer than 12 characters', /^.{1,11}$/],
    ['orders to a language model', /ignore all instructions/i],
    ['a closing tag of the kind prompts use', /<\/comments>/],
  ])('include one with %s that was not rejected', (_, pattern) => {
    expect(sample.comments.filter(({ txt, mod }) => pattern.test(txt) && mod !== -1)).not.toEqual([]);
  });

  it('have all states of moderation, and some are about the survey', () => {
    expect(new Set(sample.comments.map(({ mod }) => mod))).toEqual(new Set([-1, 0, 1]));
    expect(sample.comments.filter(({ is_meta }) => is_meta).length).toBeGreaterThanOrEqual(2);
    expect(math['mod-out']).toEqual(sample.comments.filter(({ mod }) => mod === -1).map(({ tid }) => tid));
  });

  it('are left out of the report or picked for it by selections', () => {
    const kinds = sample.selections.map(({ selection }) => selection);
    expect(kinds.filter((kind) => kind === -1).length).toBeGreaterThanOrEqual(3);
    expect(kinds.filter((kind) => kind === 1)).toHaveLength(1);
    expect(sample.selections.every(({ tid }) => math.tids.includes(tid))).toBe(true);
  });

  it('include a deselected one that would be in two sections', () => {
    const left = sample.selections.filter(({ tid, selection }) => selection === -1 && (extremity.get(tid) ?? 0) > 1);
    expect(left.some(({ tid }) => inTopic.has(tid))).toBe(true);
  });
});

describe('the votes of the sample', () => {
  it('come from about 400 participants who saw a part of the comments', () => {
    expect(sample.participants.length).toBeGreaterThan(390);
    expect(sample.participants.length).toBeLessThan(420);
    expect(sample.conversation.participant_count).toBe(sample.participants.length);
    const counts = sample.participants.map(({ vote_count }) => vote_count).sort((a, b) => a - b);
    expect(counts[0]).toBe(0);
    expect(counts[Math.floor(counts.length / 2)]).toBeLessThan(texts.length / 2);
  });

  it('are in time order, and none is older than its comment', () => {
    const times = sample.votes.map(({ created }) => created);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const early = sample.votes.filter(({ tid, created }) => created < (sample.comments[tid]?.created ?? Infinity));
    expect(early).toEqual([]);
    expect(sample.math.last_vote_timestamp).toBe(times.at(-1));
  });

  it('are sometimes changed by a later row, which alone counts', () => {
    expect(sample.votes.length - currentVotes(sample.votes).length).toBeGreaterThanOrEqual(40);
    expect(sample.participants.reduce((sum, one) => sum + one.vote_count, 0)).toBe(currentVotes(sample.votes).length);
    const groups = groupsOfPids();
    const inGroups = currentVotes(sample.votes).filter(({ pid }) => groups.has(pid)).length;
    const seen = Object.values(math['group-votes']).flatMap(({ votes }) => Object.values(votes).map(({ S }) => S));
    expect(seen.reduce((sum, one) => sum + one, 0)).toBe(inGroups);
  });

  it('are missing on a few comments', () => {
    const silent = math.tids.filter((tid) => !votesByTid.has(tid));
    expect(silent.length).toBeGreaterThanOrEqual(2);
    expect(silent.length).toBeLessThan(8);
    expect(silent.some((tid) => inTopic.has(tid))).toBe(true);
  });
});

describe('the opinion groups of the sample', () => {
  it('are three, and a few voters belong to none', () => {
    expect(Object.keys(math['group-votes'])).toEqual(['0', '1', '2']);
    const groups = groupsOfPids();
    const sizes = [0, 1, 2].map((gid) => [...groups.values()].filter((one) => one === gid).length);
    expect(sizes).toEqual([0, 1, 2].map((gid) => math['group-votes'][gid]?.['n-members']));
    expect(Math.min(...sizes)).toBeGreaterThan(60);
    const outside = sample.participants.filter(({ pid, vote_count }) => vote_count > 0 && !groups.has(pid));
    expect(outside.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...outside.map(({ vote_count }) => vote_count))).toBeLessThan(7);
  });

  it.each([0, 1, 2])('agree and disagree as the JSON says: group %i', (gid) => {
    const loved = answersWhere(gid, (agree) => agree >= 0.87);
    const hated = answersWhere(gid, (agree) => agree <= 0.12);
    expect(loved.length).toBeGreaterThanOrEqual(10);
    expect(hated.length).toBeGreaterThanOrEqual(5);
    expect(loved.filter(({ A, D }) => A <= 2 * D)).toEqual([]);
    expect(hated.filter(({ A, D }) => D <= 2 * A)).toEqual([]);
  });

  it.each([
    [0, 1],
    [0, 2],
    [1, 2],
  ])('differ: %i and %i are 40 points apart on five comments', (one, other) => {
    const share = (gid: number, tid: number) => inGroup(gid, tid).A / inGroup(gid, tid).S;
    const known = math.tids.filter((tid) => inGroup(one, tid).S >= 15 && inGroup(other, tid).S >= 15);
    const apart = known.filter((tid) => Math.abs(share(one, tid) - share(other, tid)) >= 0.4);
    expect(apart.length).toBeGreaterThanOrEqual(5);
  });

  it('are divided by 8 comments or more', () => {
    const dividing = math.tids.filter((tid) => (extremity.get(tid) ?? 0) > 1);
    expect(dividing.length).toBeGreaterThanOrEqual(8);
    expect(dividing.length).toBeLessThan(texts.length / 2);
    expect(dividing.filter((tid) => (math['group-aware-consensus'][tid] ?? 0) > 0.47)).toEqual([]);
  });

  it('all agree on 6 comments or more', () => {
    const agreed = math.tids.filter((tid) => (math['group-aware-consensus'][tid] ?? 0) > 0.47);
    expect(agreed.length).toBeGreaterThanOrEqual(6);
    expect(agreed.length).toBeLessThan(texts.length / 4);
    expect(agreed.filter((tid) => written.comments[tid]?.agree.some((share) => share < 0.38))).toEqual([]);
  });

  it('pass on 6 comments or more, with a fifth of the votes', () => {
    const undecided = math.tids.filter((tid) => {
      const votes = votesByTid.get(tid) ?? [];
      return votes.length >= 10 && votes.filter(({ vote }) => vote === POSTGRES_VOTE.pass).length / votes.length >= 0.2;
    });
    expect(undecided.length).toBeGreaterThanOrEqual(6);
    expect(undecided.length).toBeLessThan(texts.length / 4);
  });
});

describe('the topics of the sample', () => {
  const ofRun = (uuid: string) => sample.topicNames.filter(({ topic_key }) => topic_key.startsWith(`${uuid}#`));
  const newest = ofRun(PIPELINE_RUNS.newest.uuid);
  const older = ofRun(PIPELINE_RUNS.older.uuid);

  it('are nine at layer 0 and three at layer 1, with pipeline keys', () => {
    expect(newest.filter(({ layer_id }) => layer_id === 0)).toHaveLength(9);
    expect(newest.filter(({ layer_id }) => layer_id === 1)).toHaveLength(3);
    for (const { topic_key, layer_id, cluster_id } of newest) {
      expect(topic_key).toBe(`${PIPELINE_RUNS.newest.uuid}#${layer_id}#${cluster_id}`);
      expect(topic_key).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}#\d#\d+$/);
    }
  });

  it('are stored beside those of an older run with other clusters', () => {
    expect(newest.length + older.length).toBe(sample.topicNames.length);
    const names = new Set(newest.map(({ topic_name }) => topic_name));
    expect(older.filter(({ topic_name }) => names.has(topic_name))).toEqual([]);
    const start = newest.map(({ created_at }) => created_at).sort()[0] ?? '';
    expect(older.filter(({ created_at }) => created_at >= start)).toEqual([]);
    const assigned = new Set(sample.clusterAssignments.map(({ layer0_cluster_id }) => layer0_cluster_id));
    expect(older.some(({ layer_id, cluster_id }) => layer_id === 0 && !assigned.has(cluster_id))).toBe(true);
  });

  it('each have comments, and some comments have no topic', () => {
    const rows = sample.clusterAssignments;
    expect(distinct(rows.map((row) => row.layer0_cluster_id))).toEqual([-1, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(distinct(rows.map((row) => row.layer1_cluster_id))).toEqual([-1, 0, 1, 2]);
    expect(rows.find(({ comment_id }) => comment_id === 0)?.layer0_cluster_id).toBe(0);
  });

  it('leave out the comment that came in after the run', () => {
    const known = new Set(sample.clusterAssignments.map(({ comment_id }) => comment_id));
    expect(math.tids.filter((tid) => !known.has(tid))).toEqual([texts.length - 1]);
  });

  it('have keyword rows with the size and samples of their cluster', () => {
    expect(sample.keywords).toHaveLength(newest.length);
    for (const { layer_id, cluster_id, cluster_key, size, sample_comments } of sample.keywords) {
      expect(cluster_key).toBe(`layer${layer_id}_${cluster_id}`);
      const inside = sample.clusterAssignments.filter((row) => row[`layer${layer_id}_cluster_id`] === cluster_id);
      expect(size).toBe(inside.length);
      expect(inside.map(({ comment_id }) => texts[comment_id])).toEqual(expect.arrayContaining(sample_comments));
    }
  });
});
