/** A side that voters take. */
export const STANCES = ['agree', 'disagree'] as const;
export type Stance = (typeof STANCES)[number];

/**
 * What a clause says of the votes on the comments that it cites. `groups` and `than` hold letters of opinion groups; without
 * `groups` it speaks of all participants together. `prove.ts` says when each kind holds.
 */
export type Claim =
  | { kind: 'content' }
  | { kind: 'majority' | 'near_unanimous' | 'minority'; stance: Stance; groups?: string[] | undefined }
  | { kind: 'consensus'; stance: Stance }
  | { kind: 'difference'; stance: Stance; groups: string[]; than: string[] }
  | { kind: 'divided' | 'uncertain' | 'thin'; groups?: string[] | undefined };
export type ClaimKind = Claim['kind'];

/** The character of each kind in the table of comments and in an answer. A stance follows as `+` or `-`: `M+` is a majority that agrees. */
export const KIND_CODES = {
  content: 'c',
  majority: 'M',
  near_unanimous: 'N',
  minority: 'F',
  consensus: 'E',
  difference: 'D',
  divided: 'S',
  uncertain: 'U',
  thin: 't',
} as const satisfies Record<ClaimKind, string>;
export const CLAIM_KINDS = Object.keys(KIND_CODES) as ClaimKind[];

/** The short name of an opinion group: A … Z, then 27, 28 … */
export const letterOf = (gid: number): string => (gid < 26 ? String.fromCharCode(65 + gid) : String(gid + 1));
