import type { Stance } from './kinds.ts';

/** What was counted and compared for a claim: the parts that a phrase is made of, in any language. */
export type Counted =
  | { is: 'voted' | 'enough'; n: number }
  | { is: 'few'; n: number; least: number; group?: string }
  | { is: 'nobody'; n: number; stance: Stance }
  /** @param needed the least share in percent, which is not reached */
  | ({ is: 'share'; needed?: number; bound?: Bound } & Share)
  | { is: 'sides'; n: number; agrees: number; disagrees: number; needed?: number; majority?: Stance }
  /** @param low lower bound of the difference; undefined: the shares are not far enough apart */
  | { is: 'difference'; first: OfGroup; second: OfGroup; low?: number };

/** So many of those who voted. */
export interface Share {
  does: Stance | 'pass';
  k: number;
  n: number;
}
interface OfGroup extends Share {
  group: string;
}

/** A bound of an interval, from 0 to 1, and what it was compared with. */
export interface Bound {
  value: number;
  how: 'above' | 'below' | 'at_least';
  limit: number;
  holds: boolean;
}

/** The phrases of one language; `{…}` stands for what is filled in, `{counted}` for the phrase before. */
export const ENGLISH_PHRASES = {
  voted: '{n} voted',
  enough: '{n} voted, and that is enough to say more',
  few: '{n} voted, and {least} are needed',
  nobody_agree: 'nobody of {n} voted agree',
  nobody_disagree: 'nobody of {n} voted disagree',
  agree: '{k} of {n} agree ({share})',
  disagree: '{k} of {n} disagree ({share})',
  pass: '{k} of {n} passed ({share})',
  needed: '{counted}, and {limit} is needed',
  above: '{counted}; the lower bound of the interval, {value}, is above {limit}',
  not_above: '{counted}; the lower bound of the interval, {value}, is not above {limit}',
  below: '{counted}; the upper bound of the interval, {value}, is below {limit}',
  not_below: '{counted}; the upper bound of the interval, {value}, is not below {limit}',
  at_least: '{counted}; the lower bound of the interval, {value}, is at least {limit}',
  not_at_least: '{counted}; the lower bound of the interval, {value}, is not at least {limit}',
  sides: '{agrees} of {n} agree and {disagrees} disagree',
  sides_needed: '{counted}, and each side needs {limit}',
  sides_majority_agree: '{counted}: there is a majority that agrees',
  sides_majority_disagree: '{counted}: there is a majority that disagrees',
  difference_needed: '{counted}; 30 points more are needed',
  difference_above: '{counted}; the lower bound of the difference, {value}, is above 0',
  difference_not_above: '{counted}; the lower bound of the difference, {value}, is not above 0',
};
export type Phrases = typeof ENGLISH_PHRASES;

/** How a language writes what a phrase is filled with. */
export interface PhraseWriter {
  phrases: Phrases;
  /** @param share from 0 to 1 */
  percent: (share: number) => string;
  groupName: (letter: string) => string;
}

const ENGLISH: PhraseWriter = {
  phrases: ENGLISH_PHRASES,
  percent: (share) => `${(share * 100).toFixed(1).replace(/\.0$/, '')}%`,
  groupName: (letter) => `Group ${letter}`,
};

/** What was counted, as one phrase: "12 of 30 agree (40%); the lower bound of the interval, 26.9%, is not above 50%". */
export function phraseOf(counted: Counted, { phrases, percent, groupName }: PhraseWriter = ENGLISH): string {
  const fill = (key: keyof Phrases, values: Record<string, string | number>): string =>
    phrases[key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
  const share = ({ does, k, n }: Share) => fill(does, { k, n, share: percent(k / n) });
  const ofGroup = (letter: string, phrase: string) => `${groupName(letter)}: ${phrase}`;
  switch (counted.is) {
    case 'voted':
    case 'enough':
      return fill(counted.is, { n: counted.n });
    case 'few': {
      const few = fill('few', { n: counted.n, least: counted.least });
      return counted.group === undefined ? few : ofGroup(counted.group, few);
    }
    case 'nobody':
      return fill(`nobody_${counted.stance}`, { n: counted.n });
    case 'share': {
      const { needed, bound } = counted;
      if (needed !== undefined) return fill('needed', { counted: share(counted), limit: percent(needed / 100) });
      if (!bound) return share(counted);
      const { value, how, limit, holds } = bound;
      const values = { counted: share(counted), value: percent(value), limit: percent(limit) };
      return fill(holds ? how : `not_${how}`, values);
    }
    case 'sides': {
      const { needed, majority } = counted;
      const sides = fill('sides', { n: counted.n, agrees: counted.agrees, disagrees: counted.disagrees });
      if (needed !== undefined) return fill('sides_needed', { counted: sides, limit: percent(needed / 100) });
      return majority ? fill(`sides_majority_${majority}`, { counted: sides }) : sides;
    }
    case 'difference': {
      const { first, second, low } = counted;
      const both = [first, second].map((one) => ofGroup(one.group, share(one))).join(', ');
      if (low === undefined) return fill('difference_needed', { counted: both });
      return fill(low > 0 ? 'difference_above' : 'difference_not_above', { counted: both, value: percent(low) });
    }
  }
}
