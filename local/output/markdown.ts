import type { ReportsAnswer } from '../../lambdas/report/public.ts';
import { allSections, type ReadSection, readSections } from '../../lambdas/report/reading.ts';
import { type Clause, citedTids } from '../../lambdas/report/shape.ts';
import type { Tally } from '../../lambdas/report/votes.ts';
import { countOf } from '../count-of.ts';

/** A comment as the appendix shows it. */
export interface CitedComment {
  txt: string;
  /** of all participants, then of each opinion group in order */
  tallies: Tally[];
}

/** What is shown around the sections. */
export interface AboutReport {
  title: string;
  /** who wrote it */
  note: string;
  /** the conversation in figures, such as `149 comments` */
  figures: readonly string[];
  /** names of the opinion groups, in order */
  groups: readonly string[];
  /** how the data was derived that the source does not contain */
  method: readonly string[];
  /** what is suspicious in the source */
  warnings?: readonly string[];
  /** comments that the report leaves out, in one line for each reason */
  leftOut?: readonly string[];
  /** comments that the report could show and no section does */
  inNoSection?: { count: number; mostVoted: readonly (CitedComment & { tid: number })[] };
}

/** Text of participants or of the model as plain text: nothing in it becomes markup. */
export const plain = (text: string): string =>
  text
    .replace(/[\r\n\t]+/g, ' ')
    .replace(/[\\`*_[\]#|~]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');

/**
 * A report to read, made from the answer that the web client gets. Citations are footnotes, which GitHub, pandoc and most editors turn
 * into links.
 * @param comments cited comments by tid
 */
export function markdownReport(
  about: AboutReport,
  answer: ReportsAnswer,
  comments: ReadonlyMap<number, CitedComment>,
): string {
  const outer = readSections(answer.reports);
  const leftOut = allSections(outer).filter(({ state }) => state === 'left_out');
  const places = new Map(allSections(outer).map((section, at) => [section, `section-${at + 1}`]));
  const body = outer.flatMap((section) => sectionText(section, 2, places));
  const cited = new Set(allSections(outer).flatMap(citedTids));
  const notes = [...cited]
    .sort((a, b) => a - b)
    .map((tid) => `[^${tid}]: ${citedLine(tid, comments.get(tid), about.groups)}`);
  return [
    `# ${plain(about.title)}`,
    `> ${about.note}`,
    about.figures.map(plain).join(' · '),
    'The numbers after each statement are the comments that it is about. They lead to the notes at the end.',
    '## Contents',
    contents(outer, places, ''),
    ...body,
    ...leftOutText(about, leftOut),
    ...listOf('## What is suspicious in the data', about.warnings),
    ...listOf('## How this report was made', about.method),
    '## Cited comments',
    'Each comment is followed by its votes: of everyone who voted, then of each opinion group.',
    notes.join('\n'),
    '',
  ].join('\n\n');
}

const listOf = (heading: string, lines: readonly string[] = []): string[] =>
  lines.length === 0 ? [] : [heading, lines.map((line) => `- ${plain(line)}`).join('\n')];

type Places = ReadonlyMap<ReadSection, string>;

/** Sections that are shown, as links; fine topics below their coarse one. */
function contents(sections: readonly ReadSection[], places: Places, indent: string): string {
  return sections
    .filter(({ state }) => state !== 'left_out')
    .flatMap((section) => [
      `${indent}- [${plain(section.title)}](#${places.get(section)})`,
      ...(section.inside.length > 0 ? [contents(section.inside, places, `${indent}  `)] : []),
    ])
    .join('\n');
}

/** What a reader would look for and not find: sections, comments, and comments that no section is about. */
function leftOutText(about: AboutReport, sections: readonly ReadSection[]): string[] {
  const { leftOut = [], inNoSection = { count: 0, mostVoted: [] }, groups } = about;
  const lines = [
    ...sections.map(({ title, why }) => `- ${plain(title)}: ${plain(why)}`),
    ...leftOut.map((line) => `- ${plain(line)}`),
  ];
  const { count, mostVoted } = inNoSection;
  if (lines.length === 0 && count === 0) return [];
  const all = mostVoted.length === count ? ':' : '. Most voted on:';
  return [
    '## What this report leaves out',
    ...(lines.length > 0 ? [lines.join('\n')] : []),
    ...(count > 0 ? [`${isOrAre(count, 'comment')} shown in no section${mostVoted.length > 0 ? all : '.'}`] : []),
    ...(mostVoted.length > 0
      ? [mostVoted.map((comment) => `- ${citedLine(comment.tid, comment, groups)}`).join('\n')]
      : []),
  ];
}

/** `1 comment is`, `3 comments are` */
export const isOrAre = (count: number, noun: string): string => `${countOf(count, noun)} ${count === 1 ? 'is' : 'are'}`;

const heading = (level: number, text: string): string => `${'#'.repeat(Math.min(level, 6))} ${plain(text)}`;

/** A section and, one heading lower, the topics inside it. */
function sectionText(section: ReadSection, level: number, places: Places): string[] {
  const { state, title, why, paragraphs, takenOut, inside } = section;
  const inner = inside.flatMap((each) => sectionText(each, level + 1, places));
  if (state === 'left_out') return inner;
  const head = `<a id="${places.get(section)}"></a>\n\n${heading(level, title)}`;
  if (state === 'missing') return [head, `*This section has no text. ${plain(why)}*`, ...inner];
  const texts = paragraphs.flatMap((paragraph) => {
    const clauses = paragraph.sentences.flatMap(({ clauses }) => clauses.map(clauseText));
    return [...(paragraph.title ? [heading(level + 1, paragraph.title)] : []), clauses.join(' ')];
  });
  const taken = takenOut.length > 0 ? [`*${takenOutText(takenOut.length)}*`] : [];
  return [head, ...texts, ...taken, ...inner];
}

const takenOutText = (count: number): string =>
  count === 1
    ? '1 sentence was taken out of this section, because it did not pass the check.'
    : `${count} sentences were taken out of this section, because they did not pass the check.`;

const clauseText = ({ text, citations }: Clause): string =>
  `${plain(text)}${citations.map((tid) => `[^${tid}]`).join('')}`;

/** A comment with its votes, such as `all 12 agree (60%), 6 disagree (30%), 2 pass (10%)`. */
function citedLine(tid: number, comment: CitedComment | undefined, groups: readonly string[]): string {
  if (!comment) return `**${tid}**`;
  const names = ['all', ...groups];
  const counts = comment.tallies.map((tally, at) => `${plain(names[at] ?? '')} ${tallyText(tally)}`);
  return `**${tid}** ${plain(comment.txt.trim())} (${counts.join('; ')})`;
}

function tallyText({ agrees, disagrees, passes, votes }: Tally): string {
  if (votes === 0) return 'no votes';
  const sides = [
    [agrees, 'agree'],
    [disagrees, 'disagree'],
    [passes, 'pass'],
  ] as const;
  return sides.map(([count, side]) => `${count} ${side} (${Math.round((count / votes) * 100)}%)`).join(', ');
}
