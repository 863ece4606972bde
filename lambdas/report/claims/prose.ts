import type { Claim } from './claim.ts';
import type { ClaimGroup } from './evidence.ts';

/** Why the words of a clause do not fit its claim. */
export const PROSE_REASONS = {
  text_group: 'the text does not name the groups of its claim',
  text_stance: 'the text takes another side than its claim',
  text_quantity: 'the text says more or fewer people than its claim',
  text_direction: 'the text turns the comparison of its claim round',
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

/** Languages that have a word list. */
export const LANGUAGES = ['en'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The language of a text, or undefined where there is no word list for it: its clauses are unguarded. */
export function languageOf(_text: string): Language | undefined {
  return undefined;
}

/**
 * Holds the words of one sentence against the claims of its clauses.
 * @returns parallel to the clauses: what does not fit; undefined where nothing is found
 */
export function proseProblems(
  clauses: readonly (ProvenClause | undefined)[],
  _groups: readonly ClaimGroup[],
  _language: Language,
): (ProseProblem | undefined)[] {
  return clauses.map(() => undefined);
}
