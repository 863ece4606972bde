/**
 * The sign of a vote, in the one place of this project that knows it.
 * In PostgreSQL (and in Polis' server and browser) agree is -1 and disagree is +1, unless the database declares the other
 * sign; in the CSV exports that people download agree is +1. All other code uses agrees, disagrees and passes.
 */
export const POSTGRES_VOTE = { agree: -1, disagree: 1, pass: 0 } as const;

/** What a database stores for each answer. */
export interface VoteSigns {
  agree: 1 | -1;
  disagree: 1 | -1;
  pass: 0;
}

/**
 * The signs of a database that declares what it stores for agree.
 * @returns undefined when that is neither -1 nor +1
 */
export function signsDeclared(agreeValue: number): VoteSigns | undefined {
  if (agreeValue === POSTGRES_VOTE.agree) return POSTGRES_VOTE;
  if (agreeValue === -POSTGRES_VOTE.agree) return { agree: 1, disagree: -1, pass: 0 };
  return undefined;
}

/** A vote in an export's `votes.csv` or `participants-votes.csv`. */
export const EXPORT_VOTE = { agree: 1, disagree: -1, pass: 0 } as const;

export type PostgresVote = (typeof POSTGRES_VOTE)[keyof typeof POSTGRES_VOTE];

/** What people answered to one comment: counts of participants. `votes` = agrees + disagrees + passes. */
export interface Tally {
  votes: number;
  agrees: number;
  disagrees: number;
  passes: number;
}

/**
 * Turns an export's vote into PostgreSQL's.
 * @throws RangeError when the value is none of -1, 0, 1
 */
export function postgresVoteFromExport(vote: number): PostgresVote {
  if (vote === EXPORT_VOTE.agree) return POSTGRES_VOTE.agree;
  if (vote === EXPORT_VOTE.disagree) return POSTGRES_VOTE.disagree;
  if (vote === EXPORT_VOTE.pass) return POSTGRES_VOTE.pass;
  throw new RangeError(`a vote in an export is 1 (agree), -1 (disagree) or 0 (pass), not ${vote}`);
}

/** A tally from its three counts. */
export function tally(agrees: number, disagrees: number, passes: number): Tally {
  return { votes: agrees + disagrees + passes, agrees, disagrees, passes };
}

/** A tally as the ledger keeps it. */
export type KeptTally = readonly [votes: number, agrees: number, disagrees: number, passes: number];

/** The tallies of a comment that the ledger keeps: of all participants first, then of each opinion group. */
export const talliesOf = ({ all, groups }: { all: KeptTally; groups: readonly KeptTally[] }): Tally[] =>
  [all, ...groups].map(([, agrees, disagrees, passes]) => tally(agrees, disagrees, passes));
