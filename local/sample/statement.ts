/**
 * How an opinion group leans on a comment, in a word: the share who agree and the share who pass; the rest disagree.
 */
export const LEANS = {
  love: { agree: 0.92, pass: 0.04 },
  like: { agree: 0.76, pass: 0.09 },
  split: { agree: 0.44, pass: 0.13 },
  unsure: { agree: 0.32, pass: 0.4 },
  dislike: { agree: 0.22, pass: 0.11 },
  hate: { agree: 0.06, pass: 0.05 },
} as const;

export type Lean = keyof typeof LEANS;

/** The sample's three opinion groups, in the order in which a statement names their leans. */
export const GROUPS = [
  { gid: 0, who: 'boats, stalls and vans: people who live off the harbour' },
  { gid: 1, who: 'renters and swimmers: people who want the front for living in' },
  { gid: 2, who: 'newcomers and owners: people who want quiet, order and investment' },
] as const;

/** One comment as written down for the sample, before it has an id, an author and a time. */
export interface Statement {
  /** One lean for each of GROUPS. */
  leans: readonly [Lean, Lean, Lean];
  txt: string;
  /** Written by the organisers before the start. */
  seed?: true;
  /** About the survey, not about the harbour. */
  meta?: true;
  /** Rejected by the moderators a few hours after it came in. */
  rejected?: true;
  /** Typed in by the organisers from a paper form when nobody was voting any more. */
  unseen?: true;
  /** Picked for, or left out of, the sample's report. */
  selection?: 1 | -1;
  /** The layer 1 cluster, where it is not the one of its layer 0 topic. */
  layer1?: number;
}
