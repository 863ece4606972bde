/**
 * One whole conversation as Polis and Delphi hold it, ready to be loaded into the embedded databases.
 * Votes carry PostgreSQL's sign (agree -1, disagree +1, pass 0). Column names are Polis' own.
 */
export interface ConversationData {
  conversation: { zid: number; topic: string; description: string; participant_count: number };
  /** `mod_level`: the report shows comments whose `mod` is greater; -2, all of them, when it is left out */
  report: { rid: number; report_id: string; report_name: string; mod_level?: -2 | -1 | 0 };
  comments: CommentRow[];
  selections: { tid: number; selection: 1 | -1 }[];
  participants: { pid: number; vote_count: number }[];
  /** Append only and in time order: a changed vote is a later row of the same pid and tid. */
  votes: VoteRow[];
  math: { math_env: string; data: MathData; last_vote_timestamp: number };
  /** Rows for the three Delphi topic tables, exactly as the Delphi pipeline writes them. */
  topicNames: TopicNameRow[];
  clusterAssignments: ClusterAssignmentRow[];
  keywords: ClusterKeywordsRow[];
  /** the address of the conversation on the web */
  url?: string;
  /** language of the comments, as in `lang` */
  language?: string;
  /** What was derived because the source does not contain it, and how: lines for people to read. */
  derivation?: readonly string[];
  /** What is suspicious in the source: lines for people to read. */
  warnings?: readonly string[];
}

export interface CommentRow {
  tid: number;
  pid: number;
  txt: string;
  /** -1 rejected, 0 unmoderated, 1 accepted */
  mod: -1 | 0 | 1;
  active: boolean;
  is_meta: boolean;
  is_seed: boolean;
  /** ms since the epoch */
  created: number;
}

export interface VoteRow {
  pid: number;
  tid: number;
  /** PostgreSQL's sign: agree -1, disagree +1, pass 0 */
  vote: -1 | 0 | 1;
  /** ms since the epoch */
  created: number;
}

/** `math_main.data`, in the shape the Clojure math worker writes (the keys used by this project). */
export interface MathData {
  n: number;
  'n-cmts': number;
  tids: number[];
  pca: { 'comment-extremity': number[] };
  'group-aware-consensus': Record<string, number>;
  'group-votes': Record<string, { 'n-members': number; votes: Record<string, { A: number; D: number; S: number }> }>;
  'group-clusters': { id: number; center: number[]; members: number[] }[];
  'base-clusters': { id: number[]; members: number[][]; x: number[]; y: number[]; count: number[] };
  'in-conv': number[];
  'mod-out': number[];
  'mod-in': number[];
  'meta-tids': number[];
  lastVoteTimestamp: number;
}

export interface TopicNameRow {
  conversation_id: string;
  /** `{pipeline job uuid}#{layer}#{cluster}` */
  topic_key: string;
  layer_id: number;
  cluster_id: number;
  topic_name: string;
  model_name: string;
  /** ISO 8601 */
  created_at: string;
}

/** `layer0_cluster_id`, `layer1_cluster_id` … : number, -1 = no cluster */
export type ClusterAssignmentRow = { conversation_id: string; comment_id: number } & Record<
  `layer${number}_cluster_id`,
  number
>;

export interface ClusterKeywordsRow {
  conversation_id: string;
  /** `layer{L}_{C}` */
  cluster_key: string;
  layer_id: number;
  cluster_id: number;
  size: number;
  top_words: string[];
  sample_comments: string[];
}
