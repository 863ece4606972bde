import {
  commentId,
  type PageData,
  type PageReader,
  STANDINGS,
  standingClass,
  type ThinData,
  wholeData,
} from '../data.ts';
import { countsOfCell, FIRST_VOTES } from '../view/votes.ts';
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
      data: ThinData;
    };
    return { data: wholeData(data, PAGE), fingerprint, write: writer(words) };
  } catch {
    return undefined;
  }
}

const PAGE: PageReader = {
  text: (id) => element(id)?.textContent ?? '',
  clause(id) {
    const sup = element(id)?.nextElementSibling;
    const citations = [...(sup?.querySelectorAll('a') ?? [])].map(({ textContent }) => Number(textContent));
    return { citations, standing: STANDINGS.find((each) => standingClass(each) === sup?.className) ?? 'failed' };
  },
  votes(tid, groups) {
    const cells = element<HTMLTableRowElement>(commentId(tid))?.cells;
    const counts = Array.from({ length: groups + 1 }, (_, at) => countsOfCell(cells?.[at + FIRST_VOTES]));
    return counts[0] && counts.map((each) => each ?? [0, 0, 0]);
  },
};
