/** A current vote in PostgreSQL's sign: agree -1, disagree +1, pass 0. */
export interface CurrentVote {
  pid: number;
  tid: number;
  vote: -1 | 0 | 1;
}

/** The participants x comments matrix, kept sparse: only votes that were cast have a cell. */
export interface VoteMatrix {
  /** Number of comments. */
  columns: number;
  /** One row a participant: the columns voted on, and each vote less the mean of its column. */
  rows: Map<number, { columns: number[]; centred: number[] }>;
  /** Mean of the votes cast, a number for each column (-1 all agree, +1 all disagree, 0 for a column nobody voted on). */
  means: number[];
}

/**
 * Builds the sparse, centred matrix over the comments in `tids`; votes on other comments are left out. A missing vote
 * counts as its comment's mean, so after centring it is 0 and needs no cell.
 */
export function voteMatrix(tids: number[], votes: CurrentVote[]): VoteMatrix {
  const columnOf = new Map(tids.map((tid, column) => [tid, column]));
  const sums = tids.map(() => 0);
  const counts = tids.map(() => 0);
  const rows: VoteMatrix['rows'] = new Map();
  for (const { pid, tid, vote } of votes) {
    const column = columnOf.get(tid);
    if (column === undefined) continue;
    sums[column] = (sums[column] ?? 0) + vote;
    counts[column] = (counts[column] ?? 0) + 1;
    const row = rows.get(pid) ?? { columns: [], centred: [] };
    row.columns.push(column);
    row.centred.push(vote);
    rows.set(pid, row);
  }
  const means = sums.map((sum, column) => sum / Math.max(counts[column] ?? 0, 1));
  for (const row of rows.values()) {
    row.centred = row.centred.map((vote, cell) => vote - (means[row.columns[cell] ?? 0] ?? 0));
  }
  return { columns: tids.length, rows, means };
}
