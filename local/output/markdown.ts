import * as z from 'zod';
import type { ReportsAnswer } from '../../lambdas/report/public.ts';
import type { SectionKind } from '../../lambdas/report/sections.ts';
import { reportSchema } from '../../lambdas/report/shape.ts';
import type { Tally } from '../../lambdas/report/votes.ts';
import { jsonOrUndefined } from '../../lambdas/shared/parse.ts';
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

type Section = ReportsAnswer['reports'][string];

/** Metadata that this project writes; rows of the Delphi pipeline may have none. */
const metadataSchema = z.object({
  section_kind: z.string(),
  section_title: z.string(),
  layer_id: z.number().optional(),
  cluster_id: z.number().optional(),
});

/** Reading order of sections by kind; the type makes sure that none is forgotten. */
const RANK: Record<SectionKind, number> = { group_informed_consensus: 0, groups: 1, uncertainty: 2, topic: 3 };

/** Text of participants or of the model as plain text: nothing in it becomes markup. */
export const plain = (text: string): string =>
  text
    .replace(/[\r\n\t]+/g, ' ')
    .replace(/[\\`*_[\]#|~]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');

/**
 * A report to read, made from the answer that the web client gets.
 * @param comments cited comments by tid
 */
export function markdownReport(
  about: AboutReport,
  answer: ReportsAnswer,
  comments: ReadonlyMap<number, CitedComment>,
): string {
  const all = Object.values(answer.reports).sort(inReadingOrder);
  const sections = all.filter((section) => !hasNoComments(section));
  const cited = new Set<number>();
  const body = sections.map((section) => sectionText(section, cited));
  const appendix = [...cited].sort((a, b) => a - b).map((tid) => citedLine(tid, comments.get(tid), about.groups));
  return [
    `# ${plain(about.title)}`,
    `> ${about.note}`,
    about.figures.map(plain).join(' · '),
    'Numbers in brackets are the comments that support the text before them. They are listed at the end.',
    ...body,
    '## Cited comments',
    'Each comment is followed by its votes, as agree / disagree / pass: of everyone who voted, then of each opinion group.',
    appendix.join('\n'),
    ...leftOutText(about, all.filter(hasNoComments)),
    ...(about.warnings?.length
      ? ['## What is suspicious in the data', about.warnings.map((line) => `- ${plain(line)}`).join('\n')]
      : []),
    ...(about.method.length > 0
      ? ['## How this report was made', about.method.map((line) => `- ${plain(line)}`).join('\n')]
      : []),
    '',
  ].join('\n\n');
}

const hasNoComments = ({ errors }: Section): boolean => String(errors ?? '').startsWith('no_comments:');

/** What a reader would look for and not find: sections, comments, and comments that no section is about. */
function leftOutText(about: AboutReport, sections: readonly Section[]): string[] {
  const { leftOut = [], inNoSection = { count: 0, mostVoted: [] }, groups } = about;
  const lines = [
    ...sections.map((section) => `- ${plain(headingOf(section))}: ${plain(whyOf(section))}`),
    ...leftOut.map((line) => `- ${plain(line)}`),
  ];
  const { count, mostVoted } = inNoSection;
  if (lines.length === 0 && count === 0) return [];
  const all = mostVoted.length === count ? ':' : '. Those with the most votes:';
  return [
    '## What this report leaves out',
    ...(lines.length > 0 ? [lines.join('\n')] : []),
    ...(count > 0 ? [`${isOrAre(count, 'comment')} shown in no section${mostVoted.length > 0 ? all : '.'}`] : []),
    ...(mostVoted.length > 0 ? [mostVoted.map((comment) => citedLine(comment.tid, comment, groups)).join('\n')] : []),
  ];
}

/** `1 comment is`, `3 comments are` */
export const isOrAre = (count: number, noun: string): string => `${countOf(count, noun)} ${count === 1 ? 'is' : 'are'}`;

/** The sentence of a section without a text; it cites nothing, as no other may. */
const gapSchema = z.object({
  paragraphs: z.tuple([
    z.object({ sentences: z.tuple([z.object({ clauses: z.tuple([z.object({ text: z.string() })]) })]) }),
  ]),
});

const whyOf = ({ report_data }: Section): string =>
  gapSchema.safeParse(jsonOrUndefined(report_data ?? '')).data?.paragraphs[0].sentences[0].clauses[0].text ??
  'No comment belongs to it.';

const headingOf = ({ metadata, section }: Section): string =>
  metadataSchema.safeParse(metadata).data?.section_title ?? section ?? '';

function inReadingOrder(a: Section, b: Section): number {
  const [of_a, of_b] = [a, b].map(({ metadata }) => metadataSchema.safeParse(metadata).data);
  const rank = (kind = 'topic') => RANK[kind as SectionKind] ?? RANK.topic;
  return (
    rank(of_a?.section_kind) - rank(of_b?.section_kind) ||
    (of_b?.layer_id ?? 0) - (of_a?.layer_id ?? 0) ||
    (of_a?.cluster_id ?? 0) - (of_b?.cluster_id ?? 0)
  );
}

function sectionText(section: Section, cited: Set<number>): string {
  const heading = headingOf(section);
  if (section.errors !== undefined)
    return `## ${plain(heading)}\n\n*This section could not be written (${plain(String(section.errors))}).*`;
  const report = reportSchema.safeParse(jsonOrUndefined(section.report_data ?? ''));
  if (!report.success)
    return `## ${plain(heading)}\n\n*The stored text of this section is not valid, so it cannot be shown.*`;
  const paragraphs = report.data.paragraphs.map(({ title, sentences }) => {
    const text = sentences.map(({ clauses }) => clauses.map((clause) => clauseText(clause, cited)).join(' ')).join(' ');
    return title ? `### ${plain(title)}\n\n${text}` : text;
  });
  return [`## ${plain(heading)}`, ...paragraphs].join('\n\n');
}

function clauseText({ text, citations }: { text: string; citations: number[] }, cited: Set<number>): string {
  for (const tid of citations) cited.add(tid);
  return `${plain(text)} \\[${citations.join(', ')}\\]`;
}

function citedLine(tid: number, comment: CitedComment | undefined, groups: readonly string[]): string {
  if (!comment) return `- **${tid}**`;
  const names = ['all', ...groups];
  const counts = comment.tallies.map(
    ({ agrees, disagrees, passes }, at) => `${plain(names[at] ?? '')} ${agrees} / ${disagrees} / ${passes}`,
  );
  return `- **${tid}** ${plain(comment.txt.trim())} (${counts.join('; ')})`;
}
