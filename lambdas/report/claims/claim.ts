import * as z from 'zod';

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

/** A model writes "Group A" or "a" for A now and then. */
const letter = z
  .union([z.string(), z.number()])
  .transform((value) =>
    String(value)
      .trim()
      .replace(/^group\s+/i, '')
      .toUpperCase(),
  )
  .pipe(z.string().regex(/^([A-Z]|\d{1,3})$/));
const letters = z.array(letter).transform((list) => [...new Set(list)]);
/** An empty list says what no list says: all participants. */
const scope = letters.nullish().transform((list) => (list?.length ? list : undefined));
const named = letters.refine((list) => list.length > 0);
const stance = z.enum(STANCES);

const claimSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('content') }),
  z.object({ kind: z.enum(['majority', 'near_unanimous', 'minority']), stance, groups: scope }),
  z.object({ kind: z.literal('consensus'), stance }),
  z.object({ kind: z.literal('difference'), stance, groups: named, than: named }),
  z.object({ kind: z.enum(['divided', 'uncertain', 'thin']), groups: scope }),
]);

/** `M+ A,B`, `D+ A>B`, `U`: a kind, its stance, its groups. Blanks may be missing, and commas too. */
const CODE = /^([cMNFEDSUt])([+-])?\s*([A-Z\d\s,]*?)(?:\s*>\s*([A-Z\d\s,]+))?$/;
const KIND_OF = new Map<string, ClaimKind>(CLAIM_KINDS.map((kind) => [KIND_CODES[kind], kind]));
const STANCE_SIGNS: Record<Stance, string> = { agree: '+', disagree: '-' };

/**
 * Reads a claim: an object as it is stored, or a code as the model writes it.
 * @returns undefined when it is not one: kind or stance are missing or unknown, or a difference lacks its groups
 */
export function readClaim(value: unknown): Claim | undefined {
  const fields = typeof value === 'string' ? decoded(value.trim()) : value;
  const claim = claimSchema.safeParse(fields).data;
  return claim && (JSON.parse(JSON.stringify(claim)) as Claim);
}

function decoded(code: string): unknown {
  const [, kind = '', sign, groups = '', than] = CODE.exec(code) ?? [];
  return {
    kind: KIND_OF.get(kind),
    stance: sign && (sign === STANCE_SIGNS.agree ? 'agree' : 'disagree'),
    groups: groups.match(/[A-Z]|\d+/g) ?? undefined,
    than: than?.match(/[A-Z]|\d+/g) ?? undefined,
  };
}

/** A claim as its code, such as `M+ A,B` or `D+ A>B`. */
export function claimCode(claim: Claim): string {
  const sign = 'stance' in claim ? STANCE_SIGNS[claim.stance] : '';
  const groups = 'groups' in claim && claim.groups ? ` ${claim.groups.join(',')}` : '';
  const than = 'than' in claim ? `>${claim.than.join(',')}` : '';
  return `${KIND_CODES[claim.kind]}${sign}${groups}${than}`;
}
