import { z } from 'zod';
import { jsonOrUndefined } from '../../lambdas/domain/parse.ts';
import { reportSchema } from '../../lambdas/domain/report.ts';
import type { ReportsAnswer } from '../../lambdas/domain/reports-answer.ts';

/** A comment as the appendix shows it: counts of all participants. */
export interface CitedComment {
  txt: string;
  votes: number;
  agrees: number;
  disagrees: number;
  passes: number;
}

type Section = ReportsAnswer['reports'][string];

/** Metadata that this project writes; rows of today's pipeline may have none. */
const metadataSchema = z.object({
  section_kind: z.string(),
  section_title: z.string(),
  layer_id: z.number().optional(),
  cluster_id: z.number().optional(),
});

const KIND_ORDER = ['group_informed_consensus', 'groups', 'uncertainty', 'topic'];

/** Text of participants or of the model as plain text: nothing in it becomes markup. */
export const plain = (text: string): string =>
  text
    .replace(/[\r\n\t]+/g, ' ')
    .replace(/[\\`*_[\]#|~]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');

/**
 * A report to read, from the very answer the web client gets.
 * @param notes lines that stand under the title, such as that the text is simulated
 * @param comments cited comments by tid
 */
export function markdownReport(
  title: string,
  notes: readonly string[],
  answer: ReportsAnswer,
  comments: ReadonlyMap<number, CitedComment>,
): string {
  const sections = Object.values(answer.reports).sort(inReadingOrder);
  const cited = new Set<number>();
  const body = sections.map((section) => sectionText(section, cited));
  const appendix = [...cited].sort((a, b) => a - b).map((tid) => citedLine(tid, comments.get(tid)));
  return [
    `# ${plain(title)}`,
    ...notes.map((note) => `> ${note}`),
    'Numbers in brackets are the comments that bear out the clause before them; they are listed at the end.',
    ...body,
    '## Comments cited',
    appendix.join('\n'),
    '',
  ].join('\n\n');
}

function inReadingOrder(a: Section, b: Section): number {
  const [of_a, of_b] = [a, b].map(({ metadata }) => metadataSchema.safeParse(metadata).data);
  const rank = (kind = 'topic') => KIND_ORDER.indexOf(kind);
  return (
    rank(of_a?.section_kind) - rank(of_b?.section_kind) ||
    (of_b?.layer_id ?? 0) - (of_a?.layer_id ?? 0) ||
    (of_a?.cluster_id ?? 0) - (of_b?.cluster_id ?? 0)
  );
}

function sectionText(section: Section, cited: Set<number>): string {
  const heading = metadataSchema.safeParse(section.metadata).data?.section_title ?? section.section ?? '';
  if (section.errors !== undefined)
    return `## ${plain(heading)}\n\n*This section could not be written (${plain(String(section.errors))}).*`;
  const report = reportSchema.safeParse(jsonOrUndefined(section.report_data ?? ''));
  if (!report.success) return `## ${plain(heading)}\n\n*This section is not in a shape that can be shown.*`;
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

function citedLine(tid: number, comment: CitedComment | undefined): string {
  if (!comment) return `- **${tid}**`;
  const { txt, votes, agrees, disagrees, passes } = comment;
  return `- **${tid}** ${plain(txt)} (${votes} votes: ${agrees} agree, ${disagrees} disagree, ${passes} pass)`;
}
