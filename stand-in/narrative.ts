import { type Tally, tally } from '../lambdas/report/votes.ts';
import { hash32 } from './random.ts';

/** What the user message of one section shows. */
export interface Prompt {
  /** From the line `Section: …`. */
  section: string | undefined;
  comments: ShownComment[];
}
export interface ShownComment {
  id: number;
  text: string;
  all: Tally;
  groups: GroupTally[];
}
interface GroupTally extends Tally {
  /** As a reader sees it: "Group A". */
  group: string;
}

/**
 * Reads the user message of a section: its name and its table of comments, a line each. A message without a table has no
 * comments.
 */
export function readPrompt(message: string): Prompt {
  const [before = '', columns, table = ''] = message.split(/<comments columns="([^"]*)">\n|\n<\/comments>/);
  const section = /^Section: *(\S.*?) *$/m.exec(before)?.[1];
  if (columns === undefined) return { section, comments: [] };
  const names = columns.split(' | ').slice(2, -1);
  const groups = names.map((name) => `Group ${name.replace(/:.*/, '')}`);
  return { section, comments: table.split('\n').flatMap((line) => readLine(line, groups)) };
}

function readLine(line: string, groups: readonly string[]): ShownComment[] {
  const cells = line.split('|');
  const [all, ...tallies] = cells.slice(1, groups.length + 2).map((cell) => {
    const [, agrees = 0, disagrees = 0, passes = 0] = cell.split(' ').map(Number);
    return tally(agrees, disagrees, passes);
  });
  if (all === undefined || tallies.length < groups.length) return [];
  return [
    {
      id: Number(cells[0]),
      text: cells.slice(groups.length + 2).join('|'),
      all,
      groups: groups.map((group, index) => ({ group, ...(tallies[index] ?? tally(0, 0, 0)) })),
    },
  ];
}

export interface Narrative {
  id: string;
  title: string;
  paragraphs: { id: string; title: string; sentences: Sentence[] }[];
}
interface Sentence {
  clauses: { text: string; citations: number[] }[];
}

/** Agreement of this share in every group is common ground; groups this far apart differ; this many passes are doubt. */
const CONSENSUS_SHARE = 0.6;
const DIFFERENCE_SHARE = 0.3;
const UNSURE_SHARE = 0.2;
/** Fewer votes than this, by all or in a group, show nothing about what people think. */
const MIN_VOTES = 5;
const MAX_CITATIONS = 10;

const PARAGRAPHS = {
  overview: 'Overview',
  differences: 'Where the groups differ',
  agreement: 'Common ground',
} as const;

/** Something that the votes show of a comment: the clauses of one sentence, `{these}` in place of the comments. */
interface Finding {
  paragraph: keyof typeof PARAGRAPHS;
  clauses: string[];
}

/**
 * A narrative of one section in template sentences that are true to the votes in its prompt. Comments of which the same
 * can be said share a sentence; every comment is cited. The same prompt gives the same narrative.
 */
export function writeNarrative({ section, comments }: Prompt): Narrative {
  const title = section ?? 'What people said';
  const pick = (templates: readonly string[]) => templates[hash32(title) % templates.length] ?? '';
  const found = comments.flatMap((comment) => {
    return findingsOf(comment, pick).map((finding) => ({ ...finding, comment, key: finding.clauses.join('\n') }));
  });
  const paragraphs = Object.entries(PARAGRAPHS).map(([id, heading]) => {
    const here = found.filter(({ paragraph }) => paragraph === id);
    const sentences = [...Map.groupBy(here, ({ key }) => key).values()].flatMap((same) =>
      sentencesOf(
        same[0]?.clauses ?? [],
        same.map(({ comment }) => comment),
      ),
    );
    return { id, title: heading, sentences: id === 'overview' ? [...mostVoted(comments), ...sentences] : sentences };
  });
  return { id: slug(title), title, paragraphs: paragraphs.filter(({ sentences }) => sentences.length > 0) };
}

/** All that is worth reporting about a comment; at least one finding. */
function findingsOf({ all, groups }: ShownComment, pick: (templates: readonly string[]) => string): Finding[] {
  if (all.votes < MIN_VOTES)
    return [{ paragraph: 'overview', clauses: ['Too few people have voted on {these} to say what people think.'] }];
  const findings: Finding[] = [];
  const [most, least] = furthestApart(groups);
  // 0.9 - 0.6 is a little less than 0.3 in floating point
  if (most && least && share(most, 'agrees') - share(least, 'agrees') >= DIFFERENCE_SHARE - 1e-9) {
    const other = stanceOf(least) === stanceOf(most) ? 'agrees less often' : STANCES[stanceOf(least)];
    const ending = pick([`while ${least.group} ${other}.`, `but ${least.group} ${other}.`]);
    findings.push({
      paragraph: 'differences',
      clauses: [`On {these}, ${most.group} ${STANCES[stanceOf(most)]},`, ending],
    });
  }
  if (everyGroup(groups, 'agrees'))
    findings.push({
      paragraph: 'agreement',
      clauses: [pick(['Every group mostly agrees with {these}.', 'All groups support {these}.'])],
    });
  if (everyGroup(groups, 'disagrees'))
    findings.push({
      paragraph: 'agreement',
      clauses: [pick(['Every group mostly disagrees with {these}.', 'All groups reject {these}.'])],
    });
  if (all.passes / all.votes >= UNSURE_SHARE)
    findings.push({
      paragraph: 'overview',
      clauses: [pick(['Many of those who voted passed on {these}.', 'Many passes were cast on {these}.'])],
    });
  return findings.length > 0 ? findings : [{ paragraph: 'overview', clauses: [MAJORITIES[stanceOf(all)]] }];
}

type Stance = 'agrees' | 'disagrees' | 'passes' | 'none';

const STANCES: Record<Stance, string> = {
  agrees: 'mostly agrees',
  disagrees: 'mostly disagrees',
  passes: 'mostly passes',
  none: 'has no clear majority',
};
const MAJORITIES: Record<Stance, string> = {
  agrees: 'Most of those who voted agree with {these}.',
  disagrees: 'Most of those who voted disagree with {these}.',
  passes: 'Most of those who voted passed on {these}.',
  none: 'No answer has a majority on {these}.',
};

/** What more than half of those who voted did. */
function stanceOf(counts: Tally): Stance {
  return (['agrees', 'disagrees', 'passes'] as const).find((answer) => share(counts, answer) > 0.5) ?? 'none';
}

/** The group that agrees the most and the one that agrees the least, of those with enough votes. */
function furthestApart(groups: readonly GroupTally[]): [GroupTally?, GroupTally?] {
  const ranked = groups
    .filter(({ votes }) => votes >= MIN_VOTES)
    .toSorted((a, b) => share(b, 'agrees') - share(a, 'agrees'));
  return [ranked.at(0), ranked.at(-1)];
}

function everyGroup(groups: readonly GroupTally[], answer: 'agrees' | 'disagrees'): boolean {
  return (
    groups.length > 0 && groups.every((counts) => counts.votes >= MIN_VOTES && share(counts, answer) >= CONSENSUS_SHARE)
  );
}

function share(counts: Tally, answer: 'agrees' | 'disagrees' | 'passes'): number {
  return counts.votes === 0 ? 0 : counts[answer] / counts.votes;
}

function mostVoted(comments: readonly ShownComment[]): Sentence[] {
  const enough = comments.filter(({ all }) => all.votes >= MIN_VOTES);
  const most = enough.toSorted((a, b) => b.all.votes - a.all.votes).slice(0, MAX_CITATIONS);
  return sentencesOf(['The most votes here were cast on {these}.'], most);
}

/** The clauses as a sentence about those comments; as several sentences where they are too many to cite in one. */
function sentencesOf(clauses: readonly string[], comments: readonly ShownComment[]): Sentence[] {
  const sentences: Sentence[] = [];
  for (let at = 0; at < comments.length; at += MAX_CITATIONS) {
    const cited = comments.slice(at, at + MAX_CITATIONS);
    // two sentences in a row are never the same
    const other = at === 0 ? '' : (at / MAX_CITATIONS) % 2 === 1 ? 'other ' : 'further ';
    const these = cited.length === 1 ? `this ${other}statement` : `these ${other}statements`;
    const citations = cited.map(({ id }) => id);
    sentences.push({ clauses: clauses.map((text) => ({ text: text.replace('{these}', these), citations })) });
  }
  return sentences;
}

function slug(title: string): string {
  const words = title.toLowerCase().match(/[\p{L}\p{N}]+/gu);
  return words?.join('_').slice(0, 80) ?? 'section';
}
