import { mapTexts, type PageData } from '../data.ts';
import { type Words, type Writer, writer } from '../words/words.ts';

/** The page's own data, with the texts that stand in the page. */
export interface Page {
  data: PageData;
  /** SHA-256 in hex of the data as it was published */
  fingerprint: string;
  write: Writer;
}

export const element = <E extends HTMLElement = HTMLElement>(id: string): E | null =>
  document.getElementById(id) as E | null;

/** Reads the page. @returns undefined when its data is damaged */
export function readPage(): Page | undefined {
  try {
    const { words, fingerprint, data } = JSON.parse(element('data')?.textContent ?? '') as {
      words: Words;
      fingerprint: string;
      data: PageData;
    };
    const text = (id: string) => element(id)?.textContent ?? '';
    return { data: mapTexts(data, text), fingerprint, write: writer(words) };
  } catch {
    return undefined;
  }
}
