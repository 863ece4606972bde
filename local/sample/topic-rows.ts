import type { ClusterAssignmentRow, ClusterKeywordsRow, TopicNameRow } from '../conversation.ts';
import type { PlacedComment } from './comments.ts';
import { NEWEST_PIPELINE_RUN, OLDER_PIPELINE_RUN } from './times.ts';
import { COARSE_TOPICS, FINE_TOPICS, OUTDATED_NAMES } from './topics.ts';

/** The two pipeline runs whose topic names lie side by side; only the newest fits the assignments. */
export const PIPELINE_RUNS = {
  newest: { uuid: '0b5c1f8e-62d7-4a39-9e41-d7f03a86c25b', model: 'llama3.1:8b', began: NEWEST_PIPELINE_RUN },
  older: { uuid: 'e94a7d20-3f1b-4c86-b5d2-18c6e0a97f43', model: 'llama3:8b', began: OLDER_PIPELINE_RUN },
} as const;

type PipelineRun = (typeof PIPELINE_RUNS)[keyof typeof PIPELINE_RUNS];

const NAMES: readonly (readonly string[])[] = [
  FINE_TOPICS.map(({ name }) => name),
  COARSE_TOPICS.map(({ name }) => name),
];

/** Rows of both runs, in the order of their keys, as a query of the table gives them. */
export function topicNameRows(conversationId: string): TopicNameRow[] {
  const rows = [
    ...rowsOfRun(conversationId, PIPELINE_RUNS.newest, NAMES),
    ...rowsOfRun(conversationId, PIPELINE_RUNS.older, OUTDATED_NAMES),
  ];
  return rows.sort((a, b) => (a.topic_key < b.topic_key ? -1 : 1));
}

function rowsOfRun(conversationId: string, run: PipelineRun, layers: readonly (readonly string[])[]): TopicNameRow[] {
  const topics = layers.flatMap((names, layer) => names.map((name, cluster) => ({ name, layer, cluster })));
  return topics.map(({ name, layer, cluster }, index) => ({
    conversation_id: conversationId,
    topic_key: `${run.uuid}#${layer}#${cluster}`,
    layer_id: layer,
    cluster_id: cluster,
    topic_name: name,
    model_name: run.model,
    created_at: pipelineTime(run.began + index * 2371),
  }));
}

/** The pipeline writes Python's isoformat: microseconds, and no zone. */
function pipelineTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '417');
}

/** One row for every comment that was there when the newest run began. */
export function clusterAssignmentRows(
  conversationId: string,
  comments: readonly PlacedComment[],
): ClusterAssignmentRow[] {
  return known(comments).map(({ tid, fine, coarse }) => ({
    conversation_id: conversationId,
    comment_id: tid,
    layer0_cluster_id: fine,
    layer1_cluster_id: coarse,
  }));
}

/** One row for every cluster of the newest run; `sample_comments` are the texts of its first five comments. */
export function keywordRows(conversationId: string, comments: readonly PlacedComment[]): ClusterKeywordsRow[] {
  const row = (layer: number, cluster: number, words: string[], inside: PlacedComment[]) => ({
    conversation_id: conversationId,
    cluster_key: `layer${layer}_${cluster}`,
    layer_id: layer,
    cluster_id: cluster,
    size: inside.length,
    top_words: [...words],
    sample_comments: inside.slice(0, 5).map(({ statement }) => statement.txt),
  });
  const clustered = known(comments);
  return [
    ...FINE_TOPICS.map(({ words }, id) =>
      row(
        0,
        id,
        words,
        clustered.filter(({ fine }) => fine === id),
      ),
    ),
    ...COARSE_TOPICS.map(({ words }, id) =>
      row(
        1,
        id,
        words,
        clustered.filter(({ coarse }) => coarse === id),
      ),
    ),
  ];
}

function known(comments: readonly PlacedComment[]): PlacedComment[] {
  return comments.filter(({ created }) => created < NEWEST_PIPELINE_RUN);
}
