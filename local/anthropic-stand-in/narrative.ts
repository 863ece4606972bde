import type { Prompt, ShownComment } from './comments-table.ts';
import { agreements, differences, mostVoted, rejections, stanceOf, uncertain } from './findings.ts';
import { hash32, seededRandom } from './random.ts';
import { type Sentence, sentenceWriter } from './sentences.ts';

export interface Narrative {
  id: string;
  title: string;
  paragraphs: { id: string; title: string; sentences: Sentence[] }[];
}
type Writer = ReturnType<typeof sentenceWriter>;

const MOST_DIFFERENCES = 6;
const PER_SENTENCE = 3;
const PER_CLAUSE = 10;

/**
 * A narrative of one section, written from the comments in its prompt: overview, differences (30 points or more), common
 * ground (60 % in every group). A consensus section cites every comment. The same prompt gives the same narrative.
 */
export function writeNarrative({ section, comments }: Prompt): Narrative {
  const title = section ?? 'What people said';
  const write = sentenceWriter(
    seededRandom(hash32(`${title}\n${comments.map(({ id, text }) => `${id}${text}`).join('\n')}`)),
  );
  const paragraphs = [
    { id: 'overview', title: 'Overview', sentences: overview(write, comments) },
    { id: 'differences', title: 'Where the groups differ', sentences: differing(write, comments) },
    { id: 'agreement', title: 'Common ground', sentences: agreeing(write, comments) },
  ];
  if (/consensus/i.test(title)) {
    const cited = new Set(paragraphs.flatMap(citationsOf));
    const rest = comments.filter(({ id }) => !cited.has(id));
    paragraphs.push({ id: 'further', title: 'Further statements', sentences: remaining(write, rest) });
  }
  return { id: slug(title), title, paragraphs: paragraphs.filter(({ sentences }) => sentences.length > 0) };
}

function overview(write: Writer, comments: readonly ShownComment[]): Sentence[] {
  const voted = mostVoted(comments);
  if (voted.length === 0) return [];
  const leading = voted
    .filter(({ all }) => stanceOf(all) === 'agrees')
    .toSorted((a, b) => b.all.agrees / b.all.votes - a.all.agrees / a.all.votes);
  const passed = uncertain(comments);
  return [
    write.overview(voted.slice(0, PER_CLAUSE)),
    ...(leading.length > 0 ? [write.leading(leading.slice(0, 2))] : []),
    ...(passed.length > 0 ? [write.uncertainty(passed.slice(0, PER_SENTENCE))] : []),
  ];
}

function differing(write: Writer, comments: readonly ShownComment[]): Sentence[] {
  if (!comments.some(({ groups }) => groups.filter(({ votes }) => votes > 0).length > 1)) return [];
  const wide = differences(comments).slice(0, MOST_DIFFERENCES);
  if (wide.length > 0) return wide.map(write.difference);
  return [write.plain('No statement sets the groups far apart.', mostVoted(comments).slice(0, PER_CLAUSE))];
}

function agreeing(write: Writer, comments: readonly ShownComment[]): Sentence[] {
  if (comments.every(({ groups }) => groups.length === 0)) return [];
  const agreed = chunks(agreements(comments).slice(0, 2 * PER_CLAUSE), PER_SENTENCE).map(write.agreement);
  const refused = chunks(rejections(comments).slice(0, PER_CLAUSE), PER_SENTENCE).map(write.rejection);
  if (agreed.length + refused.length > 0) return [...agreed, ...refused];
  return [
    write.plain(
      'No statement has a clear majority of every group behind it or against it.',
      mostVoted(comments).slice(0, PER_CLAUSE),
    ),
  ];
}

function remaining(write: Writer, comments: readonly ShownComment[]): Sentence[] {
  const byStance = Map.groupBy(comments, ({ all }) => stanceOf(all));
  return [...byStance].flatMap(([stance, members]) =>
    chunks(members, PER_CLAUSE).map((some) => write.remainder(stance, some)),
  );
}

function citationsOf({ sentences }: { sentences: Sentence[] }): number[] {
  return sentences.flatMap(({ clauses }) => clauses.flatMap(({ citations }) => citations));
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

function slug(title: string): string {
  const words = title.toLowerCase().match(/[\p{L}\p{N}]+/gu);
  return words?.join('_').slice(0, 80) ?? 'section';
}
