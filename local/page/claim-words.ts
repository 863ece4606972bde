import type { Claim } from '../../lambdas/report/claims/claim.ts';

const AGREES = { agree: 'agree', disagree: 'disagree' } as const;
const named = (letters: readonly string[] | undefined): string =>
  letters ? `${letters.length === 1 ? 'Group' : 'Groups'} ${letters.join(', ')}` : 'All participants';

/** What a claim says, in a few words such as `Groups A, B: most agree`. */
export function claimWords(claim: Claim | undefined): string {
  switch (claim?.kind) {
    case undefined:
      return 'Without a claim';
    case 'content':
      return 'Says what comments talk about';
    case 'consensus':
      return `Every group: most ${AGREES[claim.stance]}`;
    case 'difference':
      return `${named(claim.groups)} ${AGREES[claim.stance]} more than ${named(claim.than)}`;
    case 'majority':
      return `${named(claim.groups)}: most ${AGREES[claim.stance]}`;
    case 'near_unanimous':
      return `${named(claim.groups)}: nearly all ${AGREES[claim.stance]}`;
    case 'minority':
      return `${named(claim.groups)}: some ${AGREES[claim.stance]}, but not most`;
    case 'divided':
      return `${named(claim.groups)}: divided`;
    case 'uncertain':
      return `${named(claim.groups)}: many pass`;
    case 'thin':
      return `${named(claim.groups)}: few voted`;
  }
}
