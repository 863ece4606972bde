import { type ComponentChild, h } from 'preact';
import {
  clauseId,
  clausesOf,
  commentId,
  headingId,
  type PageClause,
  type PageData,
  type PageParagraph,
  type PageSection,
  paragraphId,
  standingClass,
} from '../data.ts';
import type { Writer } from '../words/words.ts';

interface Props {
  data: PageData;
  write: Writer;
  lang: string | undefined;
}

/** The text of the report. Fine topics stand inside the coarse topic that they are part of. */
export function SectionsView({ data, write, lang }: Props): ComponentChild {
  return h(
    'section',
    { id: 'report' },
    h('h2', {}, write.words.report),
    h(Legend, { data, write }),
    ...outermost(data).map((section) => h(SectionView, { section, level: 3, data, write, lang })),
  );
}

const MARKS = { proven: '✓', thin: '⚠', failed: '✗' } as const;

/** What the marks behind statements mean; only those that the report has. */
function Legend({ data, write }: Omit<Props, 'lang'>): ComponentChild {
  const standings = new Set(clausesOf(data).map(({ clause }) => clause.standing));
  const marks = (['proven', 'thin', 'failed'] as const).filter((standing) => standings.has(standing));
  return (
    marks.length > 0 &&
    h(
      'p',
      { class: 'note legend' },
      ...marks.map((standing) =>
        h('span', { class: standing }, h('b', {}, MARKS[standing]), ` ${write.words[standing]} `),
      ),
      standings.has('content') && h('span', {}, `${write.words.noMark}: ${write.words.content}`),
    )
  );
}

export const outermost = ({ sections }: PageData): PageSection[] => sections.filter(({ inside }) => !inside);
export const insideOf = ({ sections }: PageData, { id }: PageSection): PageSection[] =>
  sections.filter(({ inside }) => inside === id);

const heading = (level: number): 'h3' | 'h4' | 'h5' | 'h6' => (['h3', 'h4', 'h5', 'h6'] as const)[level - 3] ?? 'h6';

function SectionView(props: Props & { section: PageSection; level: number }): ComponentChild {
  const { section, level, data, write, lang } = props;
  const { words, say } = write;
  const { id, title, state, why, paragraphs, takenOut, checked } = section;
  const inner = insideOf(data, section);
  const own = section.language ?? lang;
  return h(
    'article',
    { id, 'aria-labelledby': headingId(id) },
    h(
      'div',
      { class: 'head' },
      h(heading(level), { id: headingId(id), dir: 'auto', lang: own }, title),
      h('a', { class: 'link', href: `#${id}`, 'aria-label': say(words.linkTo, { title }) }, '#'),
    ),
    state !== 'written' && h('p', { class: 'note' }, `${words.gap} `, h('span', { dir: 'auto' }, why)),
    state === 'written' && !checked && h('p', { class: 'note' }, words.sectionUnchecked),
    ...paragraphs.map((paragraph, at) =>
      h(ParagraphView, { section: id, paragraph, at, level: level + 1, write, lang: own }),
    ),
    takenOut.length > 0 && h('p', { class: 'note' }, say(words.takenOutHere, { n: takenOut.length })),
    inner.length > 0 &&
      h(
        'details',
        { class: 'inner' },
        h(
          'summary',
          {},
          say(words.inMoreDetail, { n: inner.length }),
          h('span', { dir: 'auto' }, ` ${inner.map((each) => each.title).join(' · ')}`),
        ),
        ...inner.map((each) => h(SectionView, { section: each, level: level + 1, data, write, lang })),
      ),
  );
}

function ParagraphView(props: {
  section: string;
  paragraph: PageParagraph;
  at: number;
  level: number;
  write: Writer;
  lang: string | undefined;
}): ComponentChild[] {
  const { section, paragraph, at, level, write, lang } = props;
  const { title, sentences } = paragraph;
  const id = paragraphId(section, at);
  const clauses = sentences
    .flat()
    .flatMap((clause, place) => [...clauseView(clause, clauseId(section, at, place)), ' ']);
  const link = h('a', { class: 'link', href: `#${id}`, 'aria-label': write.words.linkToParagraph }, '¶');
  return [
    ...(title === '' ? [] : [h(heading(level), { id: headingId(id), dir: 'auto', lang }, title)]),
    h('p', { id, dir: 'auto', lang }, ...clauses, link),
  ];
}

const clauseView = ({ text, citations, standing }: PageClause, id: string): ComponentChild[] => [
  h('span', { id }, text),
  h(
    'sup',
    { class: standingClass(standing) },
    ...citations.flatMap((tid, at) => [at > 0 ? ' ' : '', h('a', { href: `#${commentId(tid)}` }, String(tid))]),
  ),
];

/** What is in the page, with links. */
export function ContentsView({
  data,
  write,
  chapters,
}: Omit<Props, 'lang'> & { chapters: [string, string][] }): ComponentChild {
  const list = (sections: readonly PageSection[]): ComponentChild =>
    h(
      'ol',
      {},
      ...sections.map((section) => {
        const inner = insideOf(data, section);
        return h(
          'li',
          {},
          h('a', { href: `#${section.id}`, dir: 'auto' }, section.title),
          inner.length > 0 && list(inner),
        );
      }),
    );
  return h(
    'nav',
    { 'aria-label': write.words.contents },
    h(
      'details',
      { open: true },
      h('summary', {}, write.words.contents),
      h(
        'ol',
        {},
        ...chapters.map(([id, name]) =>
          h('li', {}, h('a', { href: `#${id}` }, name), id === 'report' && list(outermost(data))),
        ),
      ),
    ),
  );
}
