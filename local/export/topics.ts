import type {
  ClusterAssignmentRow,
  ClusterKeywordsRow,
  CommentRow,
  ConversationData,
  TopicNameRow,
} from '../conversation.ts';
import { clusterLayers, latentVectors, mean, NO_CLUSTER } from './clusters.ts';
import { stableUuid } from './identity.ts';
import { tfIdf } from './words.ts';

const MODEL_NAME = 'tf-idf';
const WORDS_IN_NAME = 3;
const TOP_WORDS = 10;
const SAMPLE_COMMENTS = 5;
const REJECTED = -1;

type DelphiTopics = Pick<ConversationData, 'topicNames' | 'clusterAssignments' | 'keywords'>;

interface Topic {
  layer: number;
  cluster: number;
  name: string;
  topWords: string[];
  size: number;
  samples: string[];
}

/**
 * Derives the Delphi pipeline's topic rows from comment texts alone: TF-IDF vectors, folded by latent semantic analysis,
 * clustered by k-means, layer 0 fine and layer 1 coarse, nested, topics named by their strongest words, no two alike.
 * The same comments give the same rows. Rejected comments, and those with no word that counts, are in cluster -1; so
 * are, in layer 1, those that no coarse topic of two fine ones or more holds. Layer 1 may have no topic at all.
 * @param createdAt ms since the epoch, for `created_at`
 */
export function deriveTopics(
  zid: number,
  comments: Pick<CommentRow, 'tid' | 'txt' | 'mod'>[],
  createdAt: number,
): DelphiTopics {
  const kept = comments.filter(({ mod }) => mod !== REJECTED);
  const { terms, vectors } = tfIdf(kept.map(({ txt }) => txt));
  const placed = kept.flatMap(({ tid, txt }, index) => {
    const vector = vectors[index];
    return vector ? [{ tid, txt, vector }] : [];
  });
  const { fine, coarse } = clusterLayers(latentVectors(placed.map(({ vector }) => vector)));
  const layers = [fine, coarse];
  const taken = new Set<string>();
  const topics = layers.flatMap((clusters, layer) => topicsOfLayer(layer, clusters, placed, terms, taken));
  const clustersOf = new Map(placed.map(({ tid }, index) => [tid, layers.map((clusters) => clusters[index])]));
  const uuid = stableUuid(String(zid), ...comments.flatMap(({ tid, txt }) => [String(tid), txt]));
  return {
    topicNames: topics.map((topic) => topicName(zid, uuid, topic, createdAt)),
    clusterAssignments: comments.map(({ tid }) => assignment(zid, tid, clustersOf.get(tid))),
    keywords: topics.map((topic) => keywords(zid, topic)),
  };
}

function topicsOfLayer(
  layer: number,
  clusters: number[],
  placed: { txt: string; vector: number[] }[],
  terms: string[],
  taken: Set<string>,
): Topic[] {
  const overall = mean(placed.map(({ vector }) => vector));
  const numbers = [...new Set(clusters)].filter((cluster) => cluster !== NO_CLUSTER).sort((a, b) => a - b);
  return numbers.map((cluster) => {
    const members = placed.filter((_, index) => clusters[index] === cluster);
    const centroid = mean(members.map(({ vector }) => vector));
    const words = strongestWords(centroid, overall, terms);
    return {
      layer,
      cluster,
      name: nameOf(words, taken),
      topWords: words,
      size: members.length,
      samples: nearest(members, centroid),
    };
  });
}

/** Words that weigh more in the cluster than over all comments, the strongest first. */
function strongestWords(centroid: number[], overall: number[], terms: string[]): string[] {
  const weighed = terms.map((term, index) => {
    const weight = centroid[index] ?? 0;
    return { term, weight, lead: weight - (overall[index] ?? 0) };
  });
  const present = weighed.filter(({ weight }) => weight > 0);
  return present
    .sort((a, b) => b.lead - a.lead || (a.term < b.term ? -1 : 1))
    .slice(0, TOP_WORDS)
    .map(({ term }) => term);
}

/**
 * "Wages, Businesses, Jobs". While another topic has these words, in whatever order, it takes in the next strongest one;
 * with no word left, a number tells the two apart.
 * @param taken what {@link sameName} gives for the topics named before; this one is added
 */
function nameOf(words: string[], taken: Set<string>): string {
  const least = Math.min(WORDS_IN_NAME, words.length);
  const capital = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  const byWords = capital.map((_, index) => capital.slice(0, index + 1)).slice(least - 1);
  const byNumber = capital.slice(0, least);
  let chosen = byWords.find((name) => !taken.has(sameName(name)));
  for (let number = 2; chosen === undefined; number += 1) {
    const numbered = [...byNumber, `(${number})`];
    if (!taken.has(sameName(numbered))) chosen = numbered;
  }
  taken.add(sameName(chosen));
  return chosen.join(', ').replace(/, (\(\d+\))$/, ' $1');
}

/** The same for two names that hold the same words. */
function sameName(words: string[]): string {
  return words.toSorted().join();
}

function nearest(members: { txt: string; vector: number[] }[], centroid: number[]): string[] {
  const likeness = (vector: number[]) => vector.reduce((sum, value, index) => sum + value * (centroid[index] ?? 0), 0);
  const scored = members.map(({ txt, vector }) => ({ txt, score: likeness(vector) }));
  return scored
    .sort((a, b) => b.score - a.score)
    .slice(0, SAMPLE_COMMENTS)
    .map(({ txt }) => txt);
}

function topicName(zid: number, uuid: string, { layer, cluster, name }: Topic, createdAt: number): TopicNameRow {
  return {
    conversation_id: String(zid),
    topic_key: `${uuid}#${layer}#${cluster}`,
    layer_id: layer,
    cluster_id: cluster,
    topic_name: name,
    model_name: MODEL_NAME,
    created_at: new Date(createdAt).toISOString(),
  };
}

function assignment(zid: number, tid: number, clusters: (number | undefined)[] | undefined): ClusterAssignmentRow {
  return {
    conversation_id: String(zid),
    comment_id: tid,
    layer0_cluster_id: clusters?.[0] ?? NO_CLUSTER,
    layer1_cluster_id: clusters?.[1] ?? NO_CLUSTER,
  };
}

function keywords(zid: number, { layer, cluster, size, topWords, samples }: Topic): ClusterKeywordsRow {
  return {
    conversation_id: String(zid),
    cluster_key: `layer${layer}_${cluster}`,
    layer_id: layer,
    cluster_id: cluster,
    size,
    top_words: topWords,
    sample_comments: samples,
  };
}
