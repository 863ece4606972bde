import { mixed, prose } from './random.ts';
import type { Shape } from './shape.ts';

const RUN = '3b1f0c52-7d44-4c5e-9a0e-5b9d2f6e8a10';

/** Rows of `Delphi_CommentClustersLLMTopicNames` of one pipeline run. */
export function topicRows({ zid, topics }: Shape): object[] {
  return topics.flatMap((count, layer) =>
    Array.from({ length: count }, (_, cluster) => ({
      conversation_id: String(zid),
      topic_key: `${RUN}#${layer}#${cluster}`,
      layer_id: layer,
      cluster_id: cluster,
      topic_name: prose(layer * 1_000 + cluster, 40),
      model_name: 'claude-3-5-sonnet',
      created_at: '2026-10-01T10:00:00.000Z',
    })),
  );
}

/** Rows of `Delphi_CommentHierarchicalClusterAssignments`, with the attributes the real table has and nobody here needs. */
export function assignmentRows({ zid, topics, comments }: Shape): object[] {
  return Array.from({ length: comments }, (_, tid) => {
    const clusters = topics.map((count, layer) => (layer === 0 && tid % 11 === 0 ? -1 : mixed(tid, layer, count)));
    const byLayer = (most: number) =>
      Object.fromEntries(topics.map((_, layer) => [`layer${layer}`, mixed(tid, layer + 20, most) / 997]));
    return {
      conversation_id: String(zid),
      comment_id: tid,
      is_outlier: clusters[0] === -1,
      ...Object.fromEntries(clusters.map((cluster, layer) => [`layer${layer}_cluster_id`, cluster])),
      distance_to_centroid: byLayer(5_000),
      cluster_confidence: byLayer(997),
      comment_text: prose(tid, 80),
    };
  });
}
