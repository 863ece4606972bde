import * as z from 'zod';
import { ConversationNotReady, InvalidRow } from '../shared/errors.ts';
import { topicSection } from '../shared/names.ts';
import { parseOr, wholeCount } from '../shared/parse.ts';

/** A row of `Delphi_CommentClustersLLMTopicNames`. */
const topicNameSchema = z.object({
  topic_key: z.string().min(1),
  layer_id: wholeCount,
  cluster_id: wholeCount,
  topic_name: z.string().trim().min(1),
  created_at: z.string().default(''),
});

export interface Topic {
  topic_key: string;
  /** section name that the web client looks for */
  section: string;
  /** 0 is the finest */
  layer: number;
  cluster: number;
  name: string;
}

/** Layer → tid → cluster; comments in no cluster (-1) are absent. */
export type ClusterOfComment = Map<number, Map<number, number>>;

/** The pipeline run of a topic: the part of its key before the first `#`; older keys (`layer0_7`) are one run. */
const runOf = (topicKey: string): string => (topicKey.includes('#') ? topicKey.slice(0, topicKey.indexOf('#')) : '');

/**
 * Topics of the newest pipeline run only, by layer and cluster. Older runs stay in the table and are left alone.
 * @throws InvalidRow when a row of the newest run is half written
 * @throws ConversationNotReady when there is no topic
 */
export function newestTopics(rows: readonly unknown[]): Topic[] {
  const run = newestRun(rows);
  const topics = rows
    .filter((row) => runOf(keyOf(row)) === run)
    .map((row) =>
      parseOr(
        topicNameSchema,
        row,
        (line) =>
          new InvalidRow(
            `topic row ${keyOf(row) || '(no topic_key)'} is half written (${line}): let the Delphi pipeline finish, then redrive the job`,
          ),
      ),
    )
    .map((row) => ({
      topic_key: row.topic_key,
      section: topicSection(row.topic_key),
      layer: row.layer_id,
      cluster: row.cluster_id,
      name: row.topic_name,
    }));
  if (topics.length === 0) {
    throw new ConversationNotReady(
      'the conversation has no topics: run the Delphi pipeline for it, then redrive the job',
    );
  }
  return topics.sort((a, b) => a.layer - b.layer || a.cluster - b.cluster);
}

const keySchema = z.object({ topic_key: z.string() });
const timeSchema = z.object({ created_at: z.string() });
const keyOf = (row: unknown): string => keySchema.safeParse(row).data?.topic_key ?? '';

/** The pipeline writes times without a zone, in UTC; 0 for a row that has none. */
function createdAt(row: unknown): number {
  const text = timeSchema.safeParse(row).data?.created_at ?? '';
  const time = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);
  return Number.isNaN(time) ? 0 : time;
}

/** The run with the latest `created_at`. */
function newestRun(rows: readonly unknown[]): string {
  let newest = { run: '', time: 0 };
  for (const row of rows) {
    const time = createdAt(row);
    if (time >= newest.time) newest = { run: runOf(keyOf(row)), time };
  }
  return newest.run;
}

/**
 * Checks that topics and cluster assignments are of the same run: every cluster that holds a comment has a name.
 * A run being written has new assignments and old names; a report made then would put comments under wrong topics.
 * @throws ConversationNotReady naming the layer and counts
 */
export function checkTopicsComplete(topics: readonly Topic[], clusters: ClusterOfComment): void {
  for (const [layer, clusterOf] of clusters) {
    const named = new Set(topics.filter((topic) => topic.layer === layer).map((topic) => topic.cluster));
    const unnamed = new Set([...clusterOf.values()].filter((cluster) => !named.has(cluster)));
    if (unnamed.size > 0) {
      throw new ConversationNotReady(
        `the newest topics are half written: ${unnamed.size} cluster(s) of layer ${layer} have no name (${[...unnamed].slice(0, 5).join(', ')}): let the Delphi pipeline finish, then redrive the job`,
      );
    }
  }
}
