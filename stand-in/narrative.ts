import type { Prompt, ShownComment } from './comments-table.ts';
import {
  agreements,
  backed,
  differences,
  heard,
  mostVoted,
  nearestToAgreement,
  rejections,
  stanceOf,
  uncertain,
  widestGap,
} from './findings.ts';
import { hash32, mulberry32 } from './random.ts';
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
 * ground (60 % in every group). Comments and groups with fewer than 5 votes bear out none of these. A consensus section
 * cites every comment. The same prompt gives the same narrative.
 */
export function writeNarrative({ section, comments }: Prompt): Narrative {
  const title = section ?? 'What people said';
  const write = sentenceWriter(
    mulberry32(hash32(`${title}\n${comments.map(({ id, text }) => `${id}${text}`).join('\n')}`)),
  );
  const first = { id: 'overview', title: 'Overview', sentences: overview(write, comments) };
  const paragraphs = [
    first,
    { id: 'differences', title: 'Where the groups differ', sentences: differing(write, comments) },
    { id: 'agreement', title: 'Common ground', sentences: agreeing(write, comments) },
  ];
  if (/consensus/i.test(title)) {
    const cited = new Set(paragraphs.flatMap(citationsOf));
    const rest = comments.filter(({ id }) => !cited.has(id));
    const told = rest.filter(({ all }) => heard(all));
    const unheard = rest.filter(({ all }) => !heard(all));
    paragraphs.push({ id: 'further', title: 'Further statements', sentences: remaining(write, told) });
    first.sentences.push(...chunks(unheard, PER_CLAUSE).map(write.unheard));
  }
  return { id: slug(title), title, paragraphs: paragraphs.filter(({ sentences }) => sentences.length > 0) };
}

function overview(write: Writer, comments: readonly ShownComment[]): Sentence[] {
  if (comments.length === 0) return [];
  const leading = backed(comments);
  const passed = uncertain(comments);
  return [
    write.overview(mostVoted(comments)),
    ...(leading.length > 0 ? [write.leading(leading.slice(0, 2))] : []),
    ...(passed.length > 0 ? [write.uncertainty(passed.slice(0, PER_SENTENCE))] : []),
  ];
}

function differing(write: Writer, comments: readonly ShownComment[]): Sentence[] {
  const wide = differences(comments).slice(0, MOST_DIFFERENCES);
  if (wide.length > 0) return wide.map(write.difference);
  const widest = widestGap(comments);
  return widest ? [write.widest(widest)] : [];
}

function agreeing(write: Writer, comments: readonly ShownComment[]): Sentence[] {
  if (comments.every(({ groups }) => groups.length === 0)) return [];
  const agreed = chunks(agreements(comments).slice(0, 2 * PER_CLAUSE), PER_SENTENCE).map(write.agreement);
  const refused = chunks(rejections(comments).slice(0, PER_CLAUSE), PER_SENTENCE).map(write.rejection);
  if (agreed.length + refused.length > 0) return [...agreed, ...refused];
  const nearest = nearestToAgreement(comments);
  return nearest ? [write.nearest(nearest)] : [];
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
