import { GLOBAL_SECTIONS, type GlobalSection, globalSection } from '../shared/names.ts';
import type { CommentLeftOut, TalliedComment } from './comments.ts';
import type { ClusterOfComment, Topic } from './topics.ts';

export type SectionKind = 'topic' | GlobalSection;

/** One part of a report, with the comments its prompt will show. */
export interface PlannedSection {
  section: string;
  kind: SectionKind;
  title: string;
  topic?: Topic;
  /** best first; never empty */
  comments: TalliedComment[];
}

/** A section that no comment belongs to. */
export interface LeftOut extends Omit<PlannedSection, 'comments'> {
  /** for readers: one sentence */
  why: string;
}

const GLOBAL_LIMIT = 50;
const LIMIT_FLOOR = 10;

/** Comments a topic may show: finest layer 100, coarsest 50, between 75: the limits of the Delphi pipeline. */
const topicLimit = (layer: number, topLayer: number): number => (layer === 0 ? 100 : layer === topLayer ? 50 : 75);

/** Limits shrink in big conversations: ×0.9 above 2,000 comments, ×0.75 above 5,000, ×0.5 above 10,000; never below 10. */
export function scaledLimit(limit: number, commentCount: number): number {
  const factor = commentCount > 10_000 ? 0.5 : commentCount > 5_000 ? 0.75 : commentCount > 2_000 ? 0.9 : 1;
  return Math.max(LIMIT_FLOOR, Math.floor(limit * factor));
}

/** Group-aware consensus a comment must exceed: it is a product over groups, so it falls as groups are added. */
export const consensusThreshold = (groupCount: number): number =>
  groupCount <= 2 ? 0.7 : groupCount === 3 ? 0.47 : groupCount === 4 ? 0.32 : 0.24;

const passShare = ({ all }: TalliedComment): number => (all.votes === 0 ? 0 : all.passes / all.votes);

interface GlobalKind {
  title: string;
  task: string;
  belongs: (comment: TalliedComment, groupCount: number) => boolean;
  measure: (comment: TalliedComment) => number;
  /** Why the section is left out. @param best the highest value of the measure among the comments shown */
  missed: (best: number, groupCount: number) => string;
}

/** A value that did not pass a threshold, cut off after three digits: rounded up it could read as if it had passed. */
const figure = (value: number): string => String(Math.floor(value * 1000 + 1e-9) / 1000);
const percent = (share: number): string => `${Math.floor(share * 1000 + 1e-9) / 10}%`;

const EXTREMITY = 1;
const PASS_SHARE = 0.2;

/**
 * All that a kind of section is: what the reader should learn from it (the task in its prompt) and, of the global kinds,
 * the title, and which comments belong to it by what measure. `GLOBAL_SECTIONS` holds the names and their order.
 */
export const SECTION_KINDS: { topic: { task: string } } & Record<GlobalSection, GlobalKind> = {
  topic: {
    task: 'The comments below belong to one topic of the conversation. Describe what they say about it, then how the opinion groups differ and agree on them.',
  },
  groups: {
    title: 'Where the opinion groups differ',
    task: 'The comments below are those that divide the participants most, over all topics. Describe what they are about, then what sets the opinion groups apart and, where it holds, what they still share.',
    belongs: (comment) => comment.extremity > EXTREMITY,
    measure: (comment) => comment.extremity,
    missed: (best) =>
      `No comment divides the participants enough: the highest measure of division is ${figure(best)}, and more than ${EXTREMITY} is needed.`,
  },
  group_informed_consensus: {
    title: 'Consensus: where the opinion groups come closest',
    task: 'The comments below are those that every opinion group tends to agree with, over all topics. Describe this common ground, theme by theme. Cite every comment of the table at least once.',
    belongs: (comment, groupCount) => comment.consensus > consensusThreshold(groupCount),
    measure: (comment) => comment.consensus,
    missed: (best, groupCount) =>
      `No comment passed the measure of consensus: the best scores ${figure(best)}, and more than ${consensusThreshold(groupCount)} is needed.`,
  },
  uncertainty: {
    title: 'Where people are unsure',
    task: 'The comments below are those on which an unusual share of people passed. Describe what people were unsure about, and how those who did take a side voted in each opinion group. Do not guess at reasons beyond what the comments themselves show.',
    belongs: (comment) => comment.all.votes > 0 && passShare(comment) >= PASS_SHARE,
    measure: passShare,
    missed: (best) =>
      `No comment was passed on often enough: the highest share of passes is ${percent(best)}, and ${percent(PASS_SHARE)} is needed.`,
  },
};

/** Answers that take a side: the measure of a topic's comments. */
const decided = ({ all }: TalliedComment): number => all.agrees + all.disagrees;

/** The best by the measure, then by votes, then by tid (so that the same comments are chosen every time). */
function best(comments: TalliedComment[], measure: GlobalKind['measure'], limit: number): TalliedComment[] {
  return comments.sort((a, b) => measure(b) - measure(a) || b.all.votes - a.all.votes || a.tid - b.tid).slice(0, limit);
}

/**
 * The sections of a report in the order of their ordinals: topics by layer and cluster, then the global ones.
 * @param layers topic layers asked for; undefined = all
 * @param hidden comments that the report leaves out, by tid
 * @returns `leftOut`: those that no comment belongs to, which are not asked for; `inNoSection`: comments that no section shows,
 * those with the most votes first
 */
export function planSections(input: {
  jobId: string;
  comments: readonly TalliedComment[];
  /** comments in the whole conversation, shown or not: what the limits scale with */
  conversationSize: number;
  groupCount: number;
  topics: readonly Topic[];
  clusters: ClusterOfComment;
  layers?: readonly number[] | undefined;
  hidden?: ReadonlyMap<number, CommentLeftOut>;
}): { sections: PlannedSection[]; leftOut: LeftOut[]; inNoSection: TalliedComment[] } {
  const { comments, conversationSize, topics, clusters, layers, groupCount, hidden = new Map() } = input;
  const topLayer = Math.max(0, ...topics.map((topic) => topic.layer));
  const asked = topics.filter((topic) => !layers || layers.includes(topic.layer));
  const members = membersByTopic(comments, clusters);
  const topicSections = asked.map((topic): PlannedSection => {
    const limit = scaledLimit(topicLimit(topic.layer, topLayer), conversationSize);
    const chosen = best(members.get(`${topic.layer}/${topic.cluster}`) ?? [], decided, limit);
    return { section: topic.section, kind: 'topic', title: topic.name, topic, comments: chosen };
  });
  const globalSections = GLOBAL_SECTIONS.map((kind): PlannedSection => {
    const { title, belongs, measure } = SECTION_KINDS[kind];
    const candidates = comments.filter((comment) => belongs(comment, groupCount));
    const chosen = best(candidates, measure, scaledLimit(GLOBAL_LIMIT, conversationSize));
    return { section: globalSection(input.jobId, kind), kind, title, comments: chosen };
  });
  const all = [...topicSections, ...globalSections];
  const whyLeftOut = ({ kind, topic }: PlannedSection): string => {
    if (kind === 'topic') return topicMissed(topic && hiddenIn(topic, clusters, hidden));
    const { measure, missed } = SECTION_KINDS[kind];
    return missed(
      comments.reduce((highest, comment) => Math.max(highest, measure(comment)), 0),
      groupCount,
    );
  };
  const inSection = new Set(all.flatMap((planned) => planned.comments.map(({ tid }) => tid)));
  return {
    sections: all.filter((planned) => planned.comments.length > 0),
    leftOut: all.flatMap((planned) => {
      const { comments: chosen, ...about } = planned;
      return chosen.length > 0 ? [] : [{ ...about, why: whyLeftOut(planned) }];
    }),
    inNoSection: best(
      comments.filter(({ tid }) => !inSection.has(tid)),
      ({ all: { votes } }) => votes,
      comments.length,
    ),
  };
}

/** How many comments of a topic the report leaves out. */
function hiddenIn({ layer, cluster }: Topic, clusters: ClusterOfComment, hidden: ReadonlyMap<number, unknown>): number {
  const clusterOf = clusters.get(layer);
  return [...hidden.keys()].filter((tid) => clusterOf?.get(tid) === cluster).length;
}

function topicMissed(hidden = 0): string {
  if (hidden === 0) return 'No comment belongs to this topic.';
  const them = hidden === 1 ? 'The only comment' : `All ${hidden} comments`;
  return `${them} of this topic ${hidden === 1 ? 'is' : 'are'} left out by moderation or by the report's owner.`;
}

function membersByTopic(
  comments: readonly TalliedComment[],
  clusters: ClusterOfComment,
): Map<string, TalliedComment[]> {
  const members = new Map<string, TalliedComment[]>();
  for (const [layer, clusterOf] of clusters) {
    for (const comment of comments) {
      const cluster = clusterOf.get(comment.tid);
      if (cluster === undefined) continue;
      const key = `${layer}/${cluster}`;
      const list = members.get(key);
      if (list) list.push(comment);
      else members.set(key, [comment]);
    }
  }
  return members;
}
