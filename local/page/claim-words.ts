import type { Claim } from '../../lambdas/report/claims/claim.ts';

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
      return `Every group: most ${claim.stance}`;
    case 'difference':
      return `${named(claim.groups)}: more ${claim.stance} than in ${named(claim.than)}`;
    case 'majority':
      return `${named(claim.groups)}: most ${claim.stance}`;
    case 'near_unanimous':
      return `${named(claim.groups)}: nearly all ${claim.stance}`;
    case 'minority':
      return `${named(claim.groups)}: some ${claim.stance}, but not most`;
    case 'divided':
      return `${named(claim.groups)}: divided`;
    case 'uncertain':
      return `${named(claim.groups)}: many pass`;
    case 'thin':
      return `${named(claim.groups)}: few voted`;
  }
}
