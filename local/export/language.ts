import { francAll } from 'franc';
import commonWords from 'stopwords-iso/stopwords-iso.json' with { type: 'json' };

/** What finding topics has to know about a language. */
export interface Language {
  /** as `Intl` takes it; undefined when it is not known */
  code: string | undefined;
  /** words that are in every text, in lower case */
  commonWords: ReadonlySet<string>;
  /** what the forms of a word have in common: `polici` of `policies` */
  stem: (word: string) => string;
}

/** Stemmers by language. In other languages, every form is a word of its own. */
const STEMMERS: Readonly<Record<string, () => Promise<{ stemmer: (word: string) => string }>>> = {
  ar: () => import('@orama/stemmers/arabic'),
  bg: () => import('@orama/stemmers/bulgarian'),
  da: () => import('@orama/stemmers/danish'),
  de: () => import('@orama/stemmers/german'),
  el: () => import('@orama/stemmers/greek'),
  en: () => import('@orama/stemmers/english'),
  es: () => import('@orama/stemmers/spanish'),
  fi: () => import('@orama/stemmers/finnish'),
  fr: () => import('@orama/stemmers/french'),
  ga: () => import('@orama/stemmers/irish'),
  hi: () => import('@orama/stemmers/indian'),
  hu: () => import('@orama/stemmers/hungarian'),
  hy: () => import('@orama/stemmers/armenian'),
  id: () => import('@orama/stemmers/indonesian'),
  it: () => import('@orama/stemmers/italian'),
  lt: () => import('@orama/stemmers/lithuanian'),
  ne: () => import('@orama/stemmers/nepali'),
  nl: () => import('@orama/stemmers/dutch'),
  no: () => import('@orama/stemmers/norwegian'),
  pt: () => import('@orama/stemmers/portuguese'),
  ro: () => import('@orama/stemmers/romanian'),
  ru: () => import('@orama/stemmers/russian'),
  sr: () => import('@orama/stemmers/serbian'),
  sv: () => import('@orama/stemmers/swedish'),
  tr: () => import('@orama/stemmers/turkish'),
};

/** Detects the language that most of the texts are in, and loads what is known about it. */
export async function languageOf(texts: readonly string[]): Promise<Language> {
  const likely = francAll(texts.join('\n'), { minLength: FEWEST_CHARACTERS }).map(
    ([code]) => Intl.getCanonicalLocales(code)[0] ?? code,
  );
  const lists: Readonly<Record<string, readonly string[]>> = commonWords;
  // of near relations, such as English and Scots, the one with a list of common words is meant
  const code = likely.find((each) => lists[each]) ?? likely[0];
  if (code === undefined || code === UNDETERMINED) {
    return { code: undefined, commonWords: new Set(), stem: (word) => word };
  }
  const stemmer = await STEMMERS[code]?.();
  return {
    code,
    commonWords: new Set(lists[code]?.map((word) => word.toLowerCase())),
    stem: stemmer?.stemmer ?? ((word) => word),
  };
}

/** In less text, any language could be found. */
const FEWEST_CHARACTERS = 50;

/** What the detector answers when there is too little text. */
const UNDETERMINED = 'und';

/** `German`; undefined when the language is not known. */
export const languageName = ({ code }: Language): string | undefined =>
  code === undefined ? undefined : new Intl.DisplayNames('en', { type: 'language' }).of(code);
