import { type Claim, claimCode } from '../lambdas/report/claims/claim.ts';
import { claimIn, type NamedGroup } from './texts.ts';

/** What a read-back answers: a code for each clause, in order. */
export interface ReadBack {
  claims: string[];
}

const GROUP = /^(\w+) = (.*)$/gm;
const CLAUSE = /^\d+\. (.*)$/gm;

/**
 * Reads a list of clauses and says what each claims. It knows the sentences that the stand-in writes; any other text is taken
 * for one that claims nothing.
 * @param misread the first clause is read as something that it does not say
 */
export function readBack(message: string, misread = false): ReadBack {
  const [before, ...rest] = message.split(/^(?=1\. )/m);
  const groups = [...(before ?? '').matchAll(GROUP)].map(
    ([, letter = '', label = '']): NamedGroup => ({ letter, label: label.trim() }),
  );
  const claims = [...rest.join('').matchAll(CLAUSE)].map(
    ([, text = '']): Claim => claimIn(text.trim(), groups) ?? { kind: 'content' },
  );
  return { claims: claims.map((claim, at) => claimCode(misread && at === 0 ? anotherThan(claim) : claim)) };
}

function anotherThan(claim: Claim): Claim {
  if ('stance' in claim) return { ...claim, stance: claim.stance === 'agree' ? 'disagree' : 'agree' };
  return claim.kind === 'content' ? { kind: 'majority', stance: 'agree' } : { kind: 'content' };
}
