import type { ShownComment } from './comments-table.ts';
import { agreeShare, type Difference, type Stance, stanceOf } from './findings.ts';
import { holdsAny, listed, quoted, themes } from './quoting.ts';
import { deck } from './random.ts';

export interface Clause {
  text: string;
  citations: number[];
}
export interface Sentence {
  clauses: Clause[];
}

const MAX_CITATIONS = 10;
type Pick = (one: string, several: string) => string;

/** Writes sentences that are true to the tallies of the comments they cite; wording varies with the random numbers. */
export function sentenceWriter(random: () => number) {
  const opening = deck(OPENINGS, random);
  const contrast = deck(CONTRASTS, random);
  const shared = deck(SHARED, random);
  const refused = deck(REFUSED, random);
  const unsure = deck(UNSURE, random);
  const leading = deck(LEADING, random);
  const widest = deck(WIDEST, random);
  const nearest = deck(NEAREST, random);
  const naming = deck(NAMING, random);
  const name = (comment: ShownComment) => {
    const quote = quoted(comment);
    return quote === undefined ? 'one of the statements' : naming()(quote);
  };
  const about = (comments: readonly ShownComment[], text: (pick: Pick, names: string) => string): Sentence => {
    const pick: Pick = (one, several) => (comments.length === 1 ? one : several);
    return { clauses: [clause(capital(text(pick, namesOf(comments, name))), comments)] };
  };
  return {
    /** What the statements are about, the first of them cited that hold the words; says nothing of groups. */
    overview: (comments: readonly ShownComment[]) => {
      const words = themes(comments);
      const holding = comments.filter((comment) => words.length === 0 || holdsAny(comment, words));
      return about(holding, () => opening()(listed(words), comments.length === 1));
    },
    /** Statements that most voters agree with, taken all together. */
    leading: (comments: readonly ShownComment[]) => about(comments, (pick, names) => leading()(names, pick)),
    /** One statement on which groups are far apart. */
    difference: ({ comment, ranked }: Difference): Sentence =>
      contrastSentence(comment, ranked, contrast(), name(comment)),
    /** Statements that every group agrees with. */
    agreement: (comments: readonly ShownComment[]) => about(comments, (pick, names) => shared()(names, pick)),
    /** Statements that every group disagrees with. */
    rejection: (comments: readonly ShownComment[]) => about(comments, (pick, names) => refused()(names, pick)),
    /** Statements that many voters passed on. */
    uncertainty: (comments: readonly ShownComment[]) => about(comments, (pick, names) => unsure()(names, pick)),
    /** The statement on which groups are furthest apart, when that is not far. */
    widest: (comment: ShownComment) => about([comment], (_, names) => widest()(names)),
    /** The statement nearest to an agreement of all groups, when there is none. */
    nearest: (comment: ShownComment) => about([comment], (_, names) => nearest()(names)),
    /** Statements with too few votes for any claim. */
    unheard: (comments: readonly ShownComment[]) =>
      about(
        comments,
        (pick) =>
          `${pick('One more statement has', 'Further statements have')} too few votes so far to tell what people think of ${pick('it', 'them')}.`,
      ),
    /** Statements not told one by one, by what most voters did. */
    remainder: (stance: Stance, comments: readonly ShownComment[]) =>
      about(comments, (pick) => `${pick('One more statement', 'Further statements')} ${REMAINDER[stance](pick)}.`),
  };
}

const OPENINGS = [
  (words, one) =>
    words
      ? `The ${one ? 'statement turns' : 'statements turn'} on ${words}.`
      : `The ${one ? 'statement raises a single point' : 'statements raise a range of points'}.`,
  (words) =>
    words
      ? `${words} come up again and again in what people put forward here.`
      : 'What people put forward here covers varied ground.',
  (words) =>
    words
      ? `Much of what was put to the vote concerns ${words}.`
      : 'What was put to the vote here does not share one theme.',
] as const satisfies readonly ((words: string, one: boolean) => string)[];

const LEADING = [
  (names, pick) => `taken together, voters back ${names}${pick(' more than anything else', ' ahead of the rest')}.`,
  (names, pick) => `${names} ${pick('has', 'each have')} most of those who voted on ${pick('it', 'them')} in favour.`,
  (names) => `among all who voted, agreement is strongest on ${names}.`,
] as const satisfies readonly ((names: string, pick: Pick) => string)[];

const SHARED = [
  (names) => `every group clearly agrees with ${names}.`,
  (names, pick) => `${names} ${pick('meets', 'meet')} clear agreement across all groups.`,
  (names) => `there is common ground on ${names}: a clear majority of each group agrees.`,
  (names) => `support for ${names} does not depend on the group; each of them clearly agrees.`,
  (names, pick) => `no group stands apart on ${names}, which ${pick('finds', 'find')} clear support everywhere.`,
] as const satisfies readonly ((names: string, pick: Pick) => string)[];

const REFUSED = [
  (names) => `all groups turn down ${names}.`,
  (names, pick) => `${names} ${pick('is', 'are')} rejected by a clear majority of every group.`,
  (names) => `the groups are also at one in disagreeing with ${names}.`,
] as const satisfies readonly ((names: string, pick: Pick) => string)[];

const UNSURE = [
  (names) => `a fair share of those who voted passed on ${names}.`,
  (names, pick) => `${names} ${pick('leaves', 'leave')} a fair share of voters undecided.`,
  (names) => `people were slower to take a side on ${names}, and passes are common.`,
] as const satisfies readonly ((names: string, pick: Pick) => string)[];

const WIDEST = [
  (name) => `of the statements with enough votes to compare, ${name} sets the groups furthest apart, though not far.`,
  (name) => `where enough people voted to compare the groups, they differ most on ${name}, and not by much.`,
] as const satisfies readonly ((name: string) => string)[];

const NEAREST = [
  (name) => `${name} comes nearest to common ground, though not every group clearly agrees.`,
  (name) => `the groups are closest to agreeing on ${name}, but not every one of them has a clear majority for it.`,
] as const satisfies readonly ((name: string) => string)[];

const NAMING = [
  (quote) => `the statement ${quote}`,
  (quote) => `the view ${quote}`,
  (quote) => `the idea put as ${quote}`,
  (quote) => quote,
] as const satisfies readonly ((quote: string) => string)[];

const CONTRASTS = [
  (topic, high, low) => [`On ${topic}, ${high},`, `whereas ${low}.`],
  (topic, high, low) => [`The groups part ways over ${topic}: ${high},`, `while ${low}.`],
  (topic, high, low) => [`Opinion on ${topic} depends on the group: ${high},`, `but ${low}.`],
  (topic, high, low) => [`When it comes to ${topic}, ${high};`, `by contrast, ${low}.`],
  (topic, high, low) => [`${topic} divides people by group. Here ${high},`, `yet ${low}.`],
  (topic, high, low) => [`Faced with ${topic}, ${high},`, `and on the other side ${low}.`],
] as const satisfies readonly ((topic: string, high: string, low: string) => [string, string])[];

const REMAINDER: Record<Stance, (pick: Pick) => string> = {
  agrees: (pick) => `${pick('has', 'have')} the agreement of most voters`,
  disagrees: (pick) => `${pick('meets', 'meet')} disagreement from most voters`,
  passes: (pick) => `${pick('was', 'were')} passed over by most voters`,
  split: (pick) => `${pick('finds', 'find')} no majority either way`,
};

const STANCE: Record<Stance, (many: boolean) => string> = {
  agrees: (many) => (many ? 'mostly agree' : 'mostly agrees'),
  disagrees: (many) => (many ? 'mostly disagree' : 'mostly disagrees'),
  passes: (many) => (many ? 'mostly pass' : 'mostly passes'),
  split: (many) => (many ? 'have no clear majority' : 'has no clear majority'),
};

function contrastSentence(
  comment: ShownComment,
  ranked: Difference['ranked'],
  phrase: (topic: string, high: string, low: string) => [string, string],
  topic: string,
): Sentence {
  const middle = (agreeShare(ranked[0] ?? comment.all) + agreeShare(ranked.at(-1) ?? comment.all)) / 2;
  const high = ranked.filter((group) => agreeShare(group) >= middle);
  const low = ranked.filter((group) => agreeShare(group) < middle);
  const sameStance = new Set(ranked.map(stanceOf)).size === 1;
  const [first, second] = phrase(topic, stances(high), sameStance ? lessSo(low) : stances(low));
  return { clauses: [clause(capital(first), [comment]), clause(second, [comment])] };
}

/** "Group A and Group B mostly agree and Group C has no clear majority" */
function stances(groups: Difference['ranked']): string {
  const byStance = Map.groupBy(groups, stanceOf);
  const parts = [...byStance].map(([stance, members]) => {
    return `${namesOfGroups(members)} ${STANCE[stance](members.length > 1)}`;
  });
  return listed(parts);
}

/** Both sides lean the same way, one of them far less to agreement. */
function lessSo(groups: Difference['ranked']): string {
  return `${namesOfGroups(groups)} ${groups.length > 1 ? 'agree' : 'agrees'} much less often`;
}

function namesOfGroups(groups: Difference['ranked']): string {
  return listed(groups.map(({ group }) => group).toSorted());
}

/** Names two statements at most; the clause cites the rest as well. */
function namesOf(comments: readonly ShownComment[], name: (comment: ShownComment) => string): string {
  const quotable = comments.filter((comment) => quoted(comment) !== undefined);
  const names = quotable.slice(0, 2).map(name);
  const unnamed = comments.length - names.length;
  if (unnamed === 0) return listed(names);
  const others =
    unnamed === 1 ? (names.length === 0 ? 'one of the statements' : 'another statement') : 'several other statements';
  return listed([...names, names.length === 0 && unnamed > 1 ? 'several statements' : others]);
}

function clause(text: string, comments: readonly ShownComment[]): Clause {
  const first = [...new Set(comments.map(({ id }) => id))].slice(0, MAX_CITATIONS);
  return { text, citations: first.toSorted((a, b) => a - b) };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
