import type { Claim } from '../../claims/kinds.ts';
import { phraseOf } from '../../claims/phrases.ts';
import type { Figure } from '../../claims/prove.ts';
import type { PageGroup } from '../data.ts';
import type { en } from './en.ts';

/** All words of the page; a language that lacks one does not compile. */
export type Words = typeof en;
interface Plural {
  one: string;
  other: string;
}
type Values = Readonly<Record<string, string | number>>;

/** What the page's parts write with: words, numbers and names in one language. */
export interface Writer {
  words: Words;
  /** Fills in a text; `n` chooses between the forms of a plural, and is written as the language writes numbers. */
  say: (text: string | Plural, values?: Values) => string;
  number: (value: number) => string;
  /** @param share 0 to 1 */
  percent: (share: number) => string;
  date: (iso: string) => string;
  groupName: (group: Pick<PageGroup, 'letter' | 'label'>) => string;
  /** Names of groups as a list, such as "Group A and Group B". */
  names: (letters: readonly string[], groups: readonly PageGroup[]) => string;
  claim: (claim: Claim, groups: readonly PageGroup[]) => string;
  figure: (figure: Figure, groups: readonly PageGroup[]) => string;
}

export function writer(words: Words): Writer {
  const { language } = words;
  const numbers = new Intl.NumberFormat(language);
  const percents = new Intl.NumberFormat(language, { style: 'percent' });
  const tenths = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });
  const plurals = new Intl.PluralRules(language);
  const list = new Intl.ListFormat(language);
  const dates = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' });
  const say: Writer['say'] = (text, values = {}) => {
    const form = typeof text === 'string' ? text : text[plurals.select(Number(values.n)) === 'one' ? 'one' : 'other'];
    return form.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = values[name];
      return typeof value === 'number' ? numbers.format(value) : (value ?? whole);
    });
  };
  const groupName: Writer['groupName'] = ({ letter, label }) =>
    label === '' || label === `Group ${letter}` ? say(words.group, { letter }) : label;
  const names: Writer['names'] = (letters, groups) =>
    list.format(letters.map((letter) => groupName(groups.find((g) => g.letter === letter) ?? { letter, label: '' })));
  return {
    words,
    say,
    groupName,
    names,
    number: (value) => numbers.format(value),
    percent: (share) => percents.format(share),
    date: (iso) => (Number.isNaN(Date.parse(iso)) ? iso : dates.format(new Date(iso))),
    claim: (claim, groups) => {
      const key = 'stance' in claim ? `${claim.kind}_${claim.stance}` : claim.kind;
      const own = 'groups' in claim ? claim.groups : undefined;
      return say(words.claims[key as keyof Words['claims']], {
        who: own ? names(own, groups) : words.allParticipants,
        than: 'than' in claim ? names(claim.than, groups) : '',
      });
    },
    figure: ({ tid, group, than, counted }, groups) => {
      const percent = (share: number) => tenths.format(share);
      const phrase = phraseOf(counted, {
        phrases: words.phrases,
        percent,
        groupName: (letter) => names([letter], groups),
      });
      // a difference names its two groups itself
      const about = group && !than ? words.figureOfGroup : words.figure;
      return say(about, { tid: String(tid), group: group ? names([group], groups) : '', counted: phrase });
    },
  };
}
