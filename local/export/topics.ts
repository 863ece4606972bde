import type {
  ClusterAssignmentRow,
  ClusterKeywordsRow,
  CommentRow,
  ConversationData,
  TopicNameRow,
} from '../conversation.ts';
import { clusterLayers, latentVectors, mean, NO_CLUSTER } from './clusters.ts';
import { stableUuid } from './identity.ts';
import { languageName, languageOf } from './language.ts';
import { distinctivePhrases, phrasesIn, type SplitText, usualWords } from './phrases.ts';
import { tfIdf, wordSplitter } from './words.ts';

const MODEL_NAME = 'tf-idf';
const PHRASES_IN_NAME = 3;
const TOP_WORDS = 10;
const SAMPLE_COMMENTS = 5;

type DelphiTopics = Pick<ConversationData, 'topicNames' | 'clusterAssignments' | 'keywords'>;

/** A comment that has a place in the clusters. */
interface Placed extends SplitText {
  tid: number;
  vector: number[];
}

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
 * clustered by k-means, layer 0 fine and layer 1 coarse, nested, topics named by the phrases that set them apart, no two
 * alike. The same comments give the same rows. Comments that are not shown, and those with no word that counts, are in
 * cluster -1; so are, in layer 1, those that no coarse topic of two fine ones or more holds. Layer 1 may have no topic.
 * @param shown the ids of the comments that the report shows
 * @param createdAt ms since the epoch, for `created_at`
 * @returns the rows, and the language of the comments, its name in English and its code, if it is known
 */
export async function deriveTopics(
  zid: number,
  comments: Pick<CommentRow, 'tid' | 'txt'>[],
  shown: ReadonlySet<number>,
  createdAt: number,
): Promise<DelphiTopics & { language: string | undefined; code: string | undefined }> {
  const kept = comments.filter(({ tid }) => shown.has(tid));
  const language = await languageOf(kept.map(({ txt }) => txt));
  const split = wordSplitter(language);
  const texts = kept.map(({ tid, txt }) => ({ tid, txt, words: split(txt) }));
  const vectors = tfIdf(texts.map(({ words }) => words));
  const placed = texts.flatMap((text, index): Placed[] => {
    const vector = vectors[index];
    return vector ? [{ ...text, vector }] : [];
  });
  const { fine, coarse } = clusterLayers(latentVectors(placed.map(({ vector }) => vector)));
  const layers = [fine, coarse];
  const topics = topicsOf(layers, placed);
  const clustersOf = new Map(placed.map(({ tid }, index) => [tid, layers.map((clusters) => clusters[index])]));
  const uuid = stableUuid(String(zid), ...comments.flatMap(({ tid, txt }) => [String(tid), txt]));
  return {
    topicNames: topics.map((topic) => topicName(zid, uuid, topic, createdAt)),
    clusterAssignments: comments.map(({ tid }) => assignment(zid, tid, clustersOf.get(tid))),
    keywords: topics.map((topic) => keywords(zid, topic)),
    language: languageName(language),
    code: language.code,
  };
}

function topicsOf(layers: number[][], placed: Placed[]): Topic[] {
  const phrases = phrasesIn(placed, usualWords(placed));
  const taken = new Set<string>();
  return layers.flatMap((clusters, layer) => {
    const numbers = [...new Set(clusters)].filter((cluster) => cluster !== NO_CLUSTER).sort((a, b) => a - b);
    return numbers.map((cluster): Topic => {
      const members = placed.filter((_, index) => clusters[index] === cluster);
      const texts = new Set([...placed.keys()].filter((index) => clusters[index] === cluster));
      const strongest = (of: typeof phrases) => distinctivePhrases(of, texts, placed.length, TOP_WORDS);
      const distinctive = strongest(phrases);
      // comments that hold nothing but usual words are named by these
      const topWords = distinctive.length > 0 ? distinctive : strongest(phrasesIn(placed, new Set()));
      return {
        layer,
        cluster,
        name: nameOf(topWords, taken),
        topWords,
        size: members.length,
        samples: nearest(members, mean(members.map(({ vector }) => vector))),
      };
    });
  });
}

/**
 * "Minimum wage, small businesses, jobs". While another topic has these phrases, in whatever order, it takes in the next
 * strongest one; with none left, a number tells the two apart.
 * @param taken what {@link sameName} gives for the topics named before; this one is added
 */
function nameOf(phrases: string[], taken: Set<string>): string {
  const least = Math.min(PHRASES_IN_NAME, phrases.length);
  const byPhrases = phrases.map((_, index) => phrases.slice(0, index + 1)).slice(least - 1);
  let chosen = byPhrases.find((name) => !taken.has(sameName(name)));
  for (let number = 2; chosen === undefined; number += 1) {
    const numbered = [...phrases.slice(0, least), `(${number})`];
    if (!taken.has(sameName(numbered))) chosen = numbered;
  }
  taken.add(sameName(chosen));
  const name = chosen.join(', ').replace(/, (\(\d+\))$/, ' $1');
  return name.charAt(0).toLocaleUpperCase() + name.slice(1);
}

/** The same for two names that hold the same phrases. */
function sameName(phrases: string[]): string {
  return phrases
    .map((phrase) => phrase.toLowerCase())
    .sort()
    .join();
}

function nearest(members: Placed[], centroid: number[]): string[] {
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
