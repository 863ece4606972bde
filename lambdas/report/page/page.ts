import { createHash } from 'node:crypto';
import { type ComponentChild, Fragment, h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import assets from './assets.json' with { type: 'json' };
import { pageData } from './build.ts';
import { type PageData, thinData } from './data.ts';
import type { ReportPageInput } from './input.ts';
import { CommentsView } from './view/comments.ts';
import { GroupsView } from './view/groups.ts';
import { Header } from './view/header.ts';
import { ContentsView, SectionsView } from './view/sections.ts';
import { SummaryView } from './view/summary.ts';
import { LeftOutView, TrustView } from './view/trust.ts';
import { de } from './words/de.ts';
import { en } from './words/en.ts';
import { type Words, type Writer, writer } from './words/words.ts';

/** Words of the page by language; a report in another language has English ones. */
const LANGUAGES: Readonly<Record<string, Words>> = { en, de };

/**
 * A report as one HTML file, to be read from disk or from a server. It asks nobody for anything, can be read without JavaScript, and
 * holds what its claims are proven from. Comments and the model's words are text wherever they stand.
 */
export function reportPage(input: ReportPageInput): string {
  const { data, unguarded } = pageData(input);
  const lang = input.language;
  // that of the text, where it is known; else that of the comments
  const written = data.sections.find((section) => section.language)?.language ?? lang;
  const words = LANGUAGES[written?.split('-')[0] ?? ''] ?? en;
  const write = writer(words);
  const style = assets.style + percentRules() + labelRules(data, write);
  const props = { data, input, write, lang };
  const chapters = chaptersOf(input, words);
  const body = h(
    Fragment,
    {},
    h('a', { class: 'skip', href: '#report' }, words.skip),
    h(ContentsView, { data, write, chapters }),
    h(
      'main',
      {},
      h(Header, props),
      h(SummaryView, props),
      h(GroupsView, props),
      h(TrustView, { ...props, unguarded }),
      h(LeftOutView, props),
      h(SectionsView, props),
      h(CommentsView, props),
      ...lines('warnings', words.warnings, input.warnings),
      ...lines('made', words.made, input.method),
      h('footer', {}, words.footer),
    ),
    h('div', { id: 'evidence', popover: 'auto', role: 'dialog', 'aria-label': words.evidence, tabIndex: -1 }),
  );
  const html = [
    '<!doctype html>',
    `<html lang="${words.language}">`,
    renderToString(h(Head, { title: data.title, style })),
    `<body>${renderToString(body)}`,
    `<script type="application/json" id="data">${jsonInHtml(embedded(data, words))}</script>`,
    `<script>${assets.script}</script>`,
    '</body></html>',
    '',
  ].join('\n');
  return html.replace(pageMark(''), pageMark(pageFingerprint(html)));
}

/** Where the fingerprint of the whole page stands in it. No text can look like it: there, quotation marks are escaped. */
const pageMark = (fingerprint: string): string => `"page":"${fingerprint}"`;

/** SHA-256 in hex of a page as it is without its own fingerprint. @param fingerprint the one that stands in it; '' while it has none */
export const pageFingerprint = (html: string, fingerprint = ''): string =>
  createHash('sha256')
    .update(html.replace(pageMark(fingerprint), pageMark('')))
    .digest('hex');

function chaptersOf({ warnings, method }: ReportPageInput, words: Words): [string, string][] {
  return [
    ['summary', words.summary],
    ['groups', words.groups],
    ['trust', words.trust],
    ['left-out', words.leftOut],
    ['report', words.report],
    ['comments', words.comments],
    ...(warnings?.length ? [['warnings', words.warnings] as [string, string]] : []),
    ...(method?.length ? [['made', words.made] as [string, string]] : []),
  ];
}

const lines = (id: string, title: string, texts: readonly string[] = []): ComponentChild[] =>
  texts.length === 0
    ? []
    : [h('section', { id }, h('h2', {}, title), h('ul', {}, ...texts.map((text) => h('li', { dir: 'auto' }, text))))];

function Head({ title, style }: { title: string; style: string }): ComponentChild {
  const policy = [
    "default-src 'none'",
    `script-src '${digest(assets.script)}'`,
    `style-src '${digest(style)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return h(
    'head',
    {},
    h('meta', { charset: 'utf-8' }),
    h('meta', { 'http-equiv': 'Content-Security-Policy', content: policy }),
    h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    h('meta', { name: 'color-scheme', content: 'light dark' }),
    h('meta', { name: 'referrer', content: 'no-referrer' }),
    // a browser asks a server for an icon otherwise
    h('link', { rel: 'icon', href: 'data:,' }),
    h('title', {}, title),
    h('style', { dangerouslySetInnerHTML: { __html: style } }),
  );
}

const digest = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;

/** The data without what stands in the page, the words that the script writes, and fingerprints: of the whole data, and of the page. */
const embedded = (data: PageData, words: Words): object => ({
  page: '',
  words,
  fingerprint: createHash('sha256').update(JSON.stringify(data)).digest('hex'),
  data: thinData(data),
});

/** JSON that no text in it can end: `<` is written as an escape. */
const jsonInHtml = (value: object): string => JSON.stringify(value).replaceAll('<', '\\u003c');

/** A class for each percent of a bar. */
const percentRules = (): string => Array.from({ length: 101 }, (_, n) => `.a${n}{--a:${n}%}.d${n}{--d:${n}%}`).join('');

/** The names of columns where a narrow screen shows a table's cells below one another, and the mark of few votes. */
function labelRules({ groups }: PageData, { words }: Writer): string {
  const cells = [words.everyone, ...groups.map(({ letter }) => letter)];
  return [
    `#table{--few:${cssText(` ⚠ ${words.few}`)}}`,
    ...cells.map((name, at) => `#table td:nth-child(${at + 4}){--of:${cssText(name)}}`),
  ].join('');
}

/** A text as CSS writes it: every character that could end it as an escape. */
const cssText = (text: string): string =>
  `"${text.replace(/[^\p{L}\p{N} ⚠]/gu, (character) => `\\${character.codePointAt(0)?.toString(16)} `)}"`;
