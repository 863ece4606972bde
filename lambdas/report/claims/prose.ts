import type { Claim } from './claim.ts';
import type { ClaimGroup } from './evidence.ts';
import { misfit, type Place } from './fits.ts';
import { asSeen } from './letters.ts';
import { unitsOf } from './mentions.ts';
import { numberOfVoters } from './numbers.ts';
import { readText } from './said.ts';
import { type Language, wordsOf } from './words.ts';

export { languageBeside, languageOf } from './language.ts';
export type { Language } from './words.ts';

/** Why the words of a clause do not fit its claim. */
export const PROSE_REASONS = {
  text_group: 'the text does not name the groups of its claim',
  text_stance: 'the text takes another side than its claim',
  text_quantity: 'the text says more or fewer people than its claim',
  text_direction: 'the text turns the comparison of its claim round',
  text_number: 'the text gives a number of voters, and no claim says one',
  text_letters: 'the text has a word that only looks like another, or nothing to read',
  text_of_content: 'the text says what people think, and its claim is only that it tells what comments say',
} as const;
export type ProseReason = keyof typeof PROSE_REASONS;

export interface ProseProblem {
  reason: ProseReason;
  /** the words of the text that do not fit, as they stand in it; empty where something is missing */
  words: string[];
}

/** A clause whose claim the votes prove. */
export interface ProvenClause {
  text: string;
  claim: Claim;
  /** every vote that the claim speaks of is on its side: "everyone" is true */
  everybody: boolean;
}

/**
 * Holds the words of one sentence against the claims of its clauses.
 * @returns parallel to the clauses: what does not fit; undefined where nothing is found
 */
export function proseProblems(
  clauses: readonly (ProvenClause | undefined)[],
  groups: readonly ClaimGroup[],
  language: Language,
): (ProseProblem | undefined)[] {
  const list = wordsOf(language);
  let before: Place['before'];
  return clauses.map((clause) => {
    if (!clause) {
      before = 'unknown';
      return undefined;
    }
    const text = asSeen(clause.text);
    const claimed = clause.claim.kind === 'content' ? undefined : claimedLetters(clause.claim, groups);
    const units = unitsOf(text, groups, claimed, list);
    const found = misfit(readText(units, list.order), { ...clause, text, groups, before });
    before = clause.claim;
    const number = found ? undefined : numberOfVoters(text, units, language);
    return number === undefined ? found : { reason: 'text_number', words: [number] };
  });
}

/** A consensus is one of all groups. */
const claimedLetters = (claim: Claim, groups: readonly ClaimGroup[]): Set<string> =>
  new Set([
    ...(claim.kind === 'consensus' ? groups.map(({ letter }) => letter) : []),
    ...(('groups' in claim && claim.groups) || []),
    ...('than' in claim ? claim.than : []),
  ]);
