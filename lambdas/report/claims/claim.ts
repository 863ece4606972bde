import * as z from 'zod';
import { CLAIM_KINDS, type Claim, type ClaimKind, KIND_CODES, STANCES, type Stance } from './kinds.ts';

export * from './kinds.ts';

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
const CODE = /^([cMNFEDSUt])([+-])?([A-Z\d\s,]*)(?:>([A-Z\d\s,]+))?$/;
/** A code that names every group of a large conversation is shorter. */
const MAX_CODE_CHARACTERS = 200;
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
  if (code.length > MAX_CODE_CHARACTERS) return undefined;
  const [, kind = '', sign, groups = '', than] = CODE.exec(code) ?? [];
  // only a difference compares
  if (than !== undefined && kind !== KIND_CODES.difference) return undefined;
  return {
    kind: KIND_OF.get(kind),
    stance: sign && (sign === STANCE_SIGNS.agree ? 'agree' : 'disagree'),
    groups: groups.match(/[A-Z]|\d+/g) ?? undefined,
    than: than?.match(/[A-Z]|\d+/g) ?? undefined,
  };
}

/** What a claim is known by: its code, with its groups in order. */
export const claimKey = (claim: Claim): string =>
  claimCode({
    ...claim,
    ...('groups' in claim && claim.groups ? { groups: claim.groups.toSorted() } : {}),
    ...('than' in claim ? { than: claim.than.toSorted() } : {}),
  } as Claim);

/** A claim as its code, such as `M+ A,B` or `D+ A>B`. */
export function claimCode(claim: Claim): string {
  const sign = 'stance' in claim ? STANCE_SIGNS[claim.stance] : '';
  const groups = 'groups' in claim && claim.groups ? ` ${claim.groups.join(',')}` : '';
  const than = 'than' in claim ? `>${claim.than.join(',')}` : '';
  return `${KIND_CODES[claim.kind]}${sign}${groups}${than}`;
}
