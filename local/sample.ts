import * as z from 'zod';
import { POSTGRES_VOTE, type PostgresVote } from '../lambdas/report/votes.ts';
import { between, mulberry32, type Random, shuffled } from '../stand-in/random.ts';
import type { ClusterKeywordsRow, ConversationData, TopicNameRow, VoteRow } from './conversation.ts';
import { deriveMath } from './math/derive-math.ts';
import written from './sample.json' with { type: 'json' };

/** A time in the JSON; once it is read, ms since the epoch. */
const Time = z.iso.datetime().transform((text) => Date.parse(text));
const PipelineRun = z.strictObject({ uuid: z.uuid(), model: z.string(), began: Time });
/** A share (0..1) for each opinion group. */
const Shares = z.array(z.number().min(0).max(1)).length(written.groups.length);
const Sample = z.strictObject({
  ids: z.strictObject({
    report_id: z.string(),
    rid: z.int(),
    zid: z.int(),
    report_name: z.string(),
    math_env: z.string(),
    mod_level: z.literal([-2, -1, 0]),
  }),
  topic: z.string(),
  description: z.string(),
  opens: Time,
  /** After this nobody votes. */
  closes: Time,
  groups: z.array(z.strictObject({ who: z.string(), people: z.int() })),
  /** They vote on five comments at most, too few to be placed in a group. */
  people_in_no_group: z.int(),
  /** Two runs whose topic names are in one table; only the newest fits the cluster assignments. */
  pipeline_runs: z.strictObject({ newest: PipelineRun, older: PipelineRun }),
  /** Topics of the newest run by layer; the place in the list is the cluster id. */
  topics: z.array(z.array(z.strictObject({ name: z.string(), words: z.array(z.string()) }))).length(2),
  older_topic_names: z.array(z.array(z.string())),
  /** In order of their ids, which begin at 0. */
  comments: z.array(
    z.strictObject({
      txt: z.string(),
      /** The author; 0 is the organisers' own account. */
      pid: z.int(),
      created: Time,
      mod: z.literal([-1, 0, 1]),
      is_meta: z.literal(true).optional(),
      /** Picked for the report (1) or left out of it (-1). */
      selection: z.literal([-1, 1]).optional(),
      /** The cluster in each layer, -1 for none; absent when the comment came in after the newest run. */
      clusters: z.tuple([z.int(), z.int()]).optional(),
      /** Shares who agree and who pass; the others disagree. */
      agree: Shares,
      pass: Shares,
    }),
  ),
});

const sample = Sample.parse(written);
const comments = sample.comments.map((comment, tid) => ({ tid, ...comment }));
type Comment = (typeof comments)[number];

/** The ids under which the sample is loaded. */
export const SAMPLE = sample.ids;
export const PIPELINE_RUNS = sample.pipeline_runs;

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
const ORGANISERS = 0;

/**
 * The project's own sample: an invented town of 4,800 people asks itself what to do with its harbour front. What is in
 * sample.json is as written there; votes are drawn with a fixed seed, so every call gives the same rows.
 */
export function sampleConversation(): ConversationData {
  const people = samplePeople();
  const votes = castVotes(people);
  const current = currentVotes(votes);
  const voteCounts = Map.groupBy(current, ({ pid }) => pid);
  const lastVoteTimestamp = votes.at(-1)?.created ?? 0;
  const tidsOf = (member: (comment: Comment) => boolean) => comments.filter(member).map(({ tid }) => tid);
  const conversation_id = String(SAMPLE.zid);
  return {
    conversation: {
      zid: SAMPLE.zid,
      topic: sample.topic,
      description: sample.description,
      participant_count: people.length,
    },
    report: {
      rid: SAMPLE.rid,
      report_id: SAMPLE.report_id,
      report_name: SAMPLE.report_name,
      mod_level: SAMPLE.mod_level,
    },
    comments: comments.map(({ tid, pid, txt, mod, is_meta = false, created }) => {
      return { tid, pid, txt, mod, active: true, is_meta, is_seed: pid === ORGANISERS, created };
    }),
    selections: comments.flatMap(({ tid, selection }) => (selection === undefined ? [] : [{ tid, selection }])),
    participants: people.map(({ pid }) => ({ pid, vote_count: voteCounts.get(pid)?.length ?? 0 })),
    votes,
    language: 'en',
    math: {
      math_env: SAMPLE.math_env,
      last_vote_timestamp: lastVoteTimestamp,
      data: deriveMath({
        tids: tidsOf(() => true),
        votes: current.map(({ pid, tid, vote }) => ({ pid, tid, vote })),
        groupOfPid: new Map(people.flatMap(({ pid, gid }) => (gid === undefined ? [] : [[pid, gid] as const]))),
        modOut: tidsOf(({ mod }) => mod === -1),
        modIn: tidsOf(({ mod }) => mod === 1),
        metaTids: tidsOf(({ is_meta }) => is_meta === true),
        lastVoteTimestamp,
      }),
    },
    topicNames: [
      ...topicNameRows(
        PIPELINE_RUNS.newest,
        sample.topics.map((topics) => topics.map(({ name }) => name)),
      ),
      ...topicNameRows(PIPELINE_RUNS.older, sample.older_topic_names),
    ].sort((a, b) => (a.topic_key < b.topic_key ? -1 : 1)),
    clusterAssignments: comments.flatMap(({ tid, clusters }) =>
      clusters === undefined
        ? []
        : [{ conversation_id, comment_id: tid, layer0_cluster_id: clusters[0], layer1_cluster_id: clusters[1] }],
    ),
    keywords: sample.topics.flatMap((topics, layer) => topics.map(({ words }, id) => keywordRow(layer, id, words))),
  };
}

/** The vote that counts of each participant on each comment: the last one. */
export function currentVotes(votes: readonly VoteRow[]): VoteRow[] {
  const latest = new Map<string, VoteRow>();
  for (const vote of votes) latest.set(`${vote.pid} ${vote.tid}`, vote);
  return [...latest.values()];
}

/** The rows of one pipeline run. The pipeline writes Python's isoformat: microseconds, and no zone. */
function topicNameRows(
  run: { uuid: string; model: string; began: number },
  layers: readonly (readonly string[])[],
): TopicNameRow[] {
  const topics = layers.flatMap((names, layer) => names.map((name, cluster) => ({ name, layer, cluster })));
  return topics.map(({ name, layer, cluster }, index) => ({
    conversation_id: String(SAMPLE.zid),
    topic_key: `${run.uuid}#${layer}#${cluster}`,
    layer_id: layer,
    cluster_id: cluster,
    topic_name: name,
    model_name: run.model,
    created_at: new Date(run.began + index * 2371).toISOString().replace('Z', '417'),
  }));
}

/** The row of one cluster of the newest run; `sample_comments` are the texts of its first five comments. */
function keywordRow(layer: number, cluster: number, words: string[]): ClusterKeywordsRow {
  const inside = comments.filter(({ clusters }) => clusters?.[layer] === cluster);
  return {
    conversation_id: String(SAMPLE.zid),
    cluster_key: `layer${layer}_${cluster}`,
    layer_id: layer,
    cluster_id: cluster,
    size: inside.length,
    top_words: words,
    sample_comments: inside.slice(0, 5).map(({ txt }) => txt),
  };
}

/** A participant, with everything that their votes follow from. */
interface Person {
  pid: number;
  /** Their opinion group; absent: voted too little to be placed. */
  gid?: number | undefined;
  /** How firmly they hold their group's view rather than the town's average, 0..1. */
  conviction: number;
  /** How readily they pass, as a factor. */
  hesitation: number;
  /** Each time they opened the survey: when (ms), and how many comments they were ready to answer. */
  visits: { at: number; answers: number }[];
}

/** Everybody, in the order in which they first came; the organisers never vote. */
function samplePeople(): Person[] {
  const random = mulberry32(1790);
  const gids = shuffled(random, [
    ...sample.groups.flatMap(({ people }, gid) => Array<number | undefined>(people).fill(gid)),
    ...Array<undefined>(sample.people_in_no_group).fill(undefined),
  ]);
  // The exponent crowds arrivals into the first days, as a launch in the local paper does.
  const arrivals = gids.map(() => random() ** 1.5 * 20 * DAY).sort((a, b) => a - b);
  const voters = gids.map((gid, index): Person => {
    const at = sample.opens + Math.round(arrivals[index] ?? 0);
    const visits = gid === undefined ? [{ at, answers: between(random, 1, 5) }] : regularVisits(random, at);
    return { pid: index + 1, gid, conviction: 0.7 + 0.3 * random(), hesitation: 0.5 + random(), visits };
  });
  return [{ pid: ORGANISERS, conviction: 0, hesitation: 1, visits: [] }, ...voters];
}

/** One to three visits, some days apart; the first is long enough (7 answers or more) to be placed in a group. */
function regularVisits(random: Random, arrival: number): Person['visits'] {
  const visits = [{ at: arrival, answers: between(random, 8, 60) }];
  const times = random() < 0.5 ? 1 : random() < 0.65 ? 2 : 3;
  for (let at = arrival; visits.length < times; ) {
    at += Math.round((1 + 5 * random()) * DAY);
    if (at > sample.closes - 2 * HOUR) break;
    visits.push({ at, answers: between(random, 5, 45) });
  }
  return visits;
}

/** Every vote that was ever cast, in time order: the authors' own, those of each visit, and the changed ones. */
function castVotes(people: readonly Person[]): VoteRow[] {
  const votes = people.flatMap((person) => votesOf(mulberry32(person.pid * 7919 + 17), person));
  return votes.sort((a, b) => a.created - b.created || a.pid - b.pid || a.tid - b.tid);
}

function votesOf(random: Random, person: Person): VoteRow[] {
  const { pid } = person;
  // Whoever sends in a comment agrees with it at that moment; the organisers' comments come without a vote.
  const own = pid === ORGANISERS ? [] : comments.filter((comment) => comment.pid === pid);
  const votes: VoteRow[] = own.map(({ tid, created }) => ({ pid, tid, vote: POSTGRES_VOTE.agree, created }));
  const answered = new Set(own.map(({ tid }) => tid));
  for (const { at, answers } of person.visits) {
    const open = comments.filter((comment) => isOpen(comment, at) && !answered.has(comment.tid));
    const changed = changedVotes(random, person, votes, at);
    let created = at;
    const given = shuffled(random, open)
      .slice(0, answers)
      .map((comment) => {
        created += between(random, 4 * SECOND, 45 * SECOND);
        return { pid, tid: comment.tid, vote: answer(random, person, comment), created };
      });
    for (const { tid } of given) answered.add(tid);
    votes.push(...changed, ...given);
  }
  return votes;
}

/** A comment can be voted on from when it came in until a moderator rejects it, six hours later. */
function isOpen({ created, mod }: Comment, at: number): boolean {
  return created < at && !(mod === -1 && at > created + 6 * HOUR);
}

/** Whoever comes back sometimes thinks again about up to three of the earlier answers. */
function changedVotes(random: Random, person: Person, votes: readonly VoteRow[], at: number): VoteRow[] {
  const earlier = currentVotes(votes.filter(({ created }) => created < at));
  if (random() > 0.6) return [];
  return shuffled(random, earlier)
    .slice(0, between(random, 1, 3))
    .flatMap(({ pid, tid, vote }, index) => {
      const comment = comments[tid];
      const second = comment === undefined ? vote : answer(random, person, comment);
      return second === vote ? [] : [{ pid, tid, vote: second, created: at + (index + 1) * SECOND }];
    });
}

/** Draws one answer: mostly what the person's group thinks, and less so the weaker their conviction. */
function answer(random: Random, { gid, conviction, hesitation }: Person, comment: Comment): PostgresVote {
  const blend = (shares: readonly number[]) => {
    const town = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    const own = (gid === undefined ? undefined : shares[gid]) ?? town;
    return conviction * own + (1 - conviction) * town;
  };
  const pass = blend(comment.pass);
  if (random() < Math.min(0.8, pass * hesitation)) return POSTGRES_VOTE.pass;
  // Passes are taken from both answers alike, so that agreeing keeps its share of the rest.
  return random() < blend(comment.agree) / (1 - pass) ? POSTGRES_VOTE.agree : POSTGRES_VOTE.disagree;
}
