import type {
  ClusterAssignmentRow,
  ClusterKeywordsRow,
  CommentRow,
  ConversationData,
  TopicNameRow,
} from '../conversation/conversation-data.ts';
import { clusterLayers, mean } from './cluster-layers.ts';
import { stableUuid } from './identity.ts';
import { latentVectors } from './latent-topics.ts';
import { tfIdf } from './tf-idf.ts';

const MODEL_NAME = 'tf-idf';
const WORDS_IN_NAME = 3;
const TOP_WORDS = 10;
const SAMPLE_COMMENTS = 5;
const NO_CLUSTER = -1;
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
 * clustered by k-means, layer 0 fine and layer 1 coarse, nested, topics named by their strongest words. The same
 * comments give the same rows. Rejected comments, and those with no word that counts, are in cluster -1.
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
  const topics = layers.flatMap((clusters, layer) => topicsOfLayer(layer, clusters, placed, terms));
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
): Topic[] {
  const overall = mean(placed.map(({ vector }) => vector));
  const taken = new Set<string>();
  const numbers = [...new Set(clusters)].sort((a, b) => a - b);
  return numbers.map((cluster) => {
    const members = placed.filter((_, index) => clusters[index] === cluster);
    const centroid = mean(members.map(({ vector }) => vector));
    const words = strongestWords(centroid, overall, terms);
    const name = nameOf(words, cluster, taken);
    taken.add(name);
    return { layer, cluster, name, topWords: words, size: members.length, samples: nearest(members, centroid) };
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

/** "Wages, Businesses, Jobs"; takes further words in, and the number at last, until no other topic is called so. */
function nameOf(words: string[], cluster: number, taken: Set<string>): string {
  const capital = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  for (let count = WORDS_IN_NAME; count <= Math.max(WORDS_IN_NAME, capital.length); count += 1) {
    const name = capital.slice(0, count).join(', ');
    if (!taken.has(name)) return name;
  }
  return `${capital.slice(0, WORDS_IN_NAME).join(', ')} (${cluster})`;
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
