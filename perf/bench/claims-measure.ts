import { type CheckedClause, checkReport } from '../../lambdas/report/claims/check.ts';
import { CLAIM_KINDS, type Claim, type ClaimKind } from '../../lambdas/report/claims/claim.ts';
import type { Evidence } from '../../lambdas/report/claims/evidence.ts';
import { prove } from '../../lambdas/report/claims/prove.ts';
import { mulberry32, type Random } from '../../stand-in/random.ts';
import texts from '../data/claim-texts.json' with { type: 'json' };
import type { Conversation, VotedOn } from './claims-conversations.ts';
import { mutantsOf, VOTE_MUTANTS, type VoteMutant } from './claims-mutants.ts';
import { judge } from './claims-oracle.ts';
import { TEXT_MUTANTS, type Text, type TextMutant, Writer } from './claims-texts.ts';
import { isTrue, type Statement, trueClaims, trueStatements } from './claims-true.ts';

/** Mutants of one kind that are false, how many of them were caught, and how many more happen to be true. */
export interface Caught {
  mutants: number;
  caught: number;
  leftOut: number;
}

/** True claims of one kind, and how many the check refused. */
export interface Refused {
  claims: number;
  byVotes: number;
  byText: number;
  /** of those by text: the topic holds no words of stance or quantity */
  plain: number;
}

/** A template whose texts were judged wrongly. */
export interface Wrong {
  /** kind of mutant, or of claim */
  kind: string;
  template: string;
  /** examples of the words that the check found where it refused a true text */
  words: Set<string>;
  count: number;
}

/** What the check did with true and false claims. */
export interface Figures {
  truths: Map<ClaimKind, Refused>;
  byVotes: Map<VoteMutant, Caught>;
  byText: Map<TextMutant, Caught>;
  /** true texts, joined to sentences of two clauses, and how many the check refused */
  inPairs: { claims: number; refused: number };
  /** claims about which oracle and check gave different verdicts */
  disagreements: number;
  /** claims that both judged */
  judged: number;
  /** clauses whose language was not recognized, so that their words were not checked */
  unguarded: number;
  escaped: Map<string, Wrong>;
  alarms: Map<string, Wrong>;
}

const kindsOf = <K extends string>(kinds: Record<K, unknown>): K[] => Object.keys(kinds) as K[];
const nothing = (): Caught => ({ mutants: 0, caught: 0, leftOut: 0 });

export const noFigures = (): Figures => ({
  truths: new Map(CLAIM_KINDS.map((kind) => [kind, { claims: 0, byVotes: 0, byText: 0, plain: 0 }])),
  byVotes: new Map(kindsOf(VOTE_MUTANTS).map((kind) => [kind, nothing()])),
  byText: new Map(kindsOf(TEXT_MUTANTS).map((kind) => [kind, nothing()])),
  inPairs: { claims: 0, refused: 0 },
  disagreements: 0,
  judged: 0,
  unguarded: 0,
  escaped: new Map(),
  alarms: new Map(),
});

/** Adds to the figures every true claim of a conversation, and the mutants of each that its votes refute. @returns the true ones */
export function measureVotes(figures: Figures, conversation: Conversation): Statement[] {
  const random = mulberry32(13);
  const statements = trueStatements(trueClaims(conversation), random);
  for (const statement of statements) {
    const { claims, byVotes, ...rest } = figures.truths.get(statement.claim.kind) as Refused;
    const refused = !passes(judgedTwice(figures, statement, conversation));
    figures.truths.set(statement.claim.kind, { ...rest, claims: claims + 1, byVotes: byVotes + Number(refused) });
  }
  for (const [kind, caught] of figures.byVotes)
    for (const mutant of mutantsOf(kind, conversation, statements, random)) {
      const passed = passes(judgedTwice(figures, mutant, conversation));
      if (isTrue(mutant, conversation)) caught.leftOut += 1;
      else add(caught, !passed);
    }
  return statements;
}

const passes = (verdict: string): boolean => ['proven', 'thin', 'content'].includes(verdict);

/** The verdict of the check; where the oracle's is another one, that is counted. */
function judgedTwice(figures: Figures, { claim, tids }: Statement, { letters, votes, evidence }: VotedOn): string {
  const { verdict } = prove(claim, tids, evidence);
  figures.judged += 1;
  if (verdict !== judge(claim, tids, letters, votes)) figures.disagreements += 1;
  return verdict;
}

function add(caught: Caught, isCaught: boolean): void {
  caught.mutants += 1;
  caught.caught += Number(isCaught);
}

/** A clause to be checked, and what it is. */
interface Written extends Statement {
  text: Text;
  /** what was changed; absent: a true text of a true claim */
  mutant?: TextMutant;
}

/**
 * Adds to the figures a text of every true statement, a text of content for every comment, and a mutant of each kind of
 * text. Half of them name the groups by letters, half by labels of a report's own.
 */
export function measureTexts(figures: Figures, conversation: Conversation, statements: readonly Statement[]): void {
  const random = mulberry32(17);
  const content: Statement[] = conversation.tids.map((tid) => ({ claim: { kind: 'content' }, tids: [tid] }));
  const all = [...statements, ...content];
  const { evidence } = conversation;
  const own = {
    ...evidence,
    groups: evidence.groups.map((group, at) => ({ ...group, label: ownLabel(conversation.tids.length + at) })),
  };
  for (const [part, named] of [evidence, own].entries()) {
    const half = all.filter((_, at) => at % 2 === part);
    const written = writtenTexts(half, conversation, named, random);
    for (let from = 0; from < written.length; from += SECTION)
      checkSection(figures, written.slice(from, from + SECTION), named);
    checkPairs(
      figures,
      written.filter(({ mutant }) => !mutant),
      named,
    );
  }
}

/** Conversations of different length get different labels. */
const ownLabel = (at: number): string => texts.ownLabels[at % texts.ownLabels.length] as string;

function writtenTexts(
  statements: readonly Statement[],
  { votes }: VotedOn,
  { groups }: Evidence,
  random: Random,
): Written[] {
  const writer = new Writer(groups, random);
  return statements.flatMap((statement): Written[] => [
    { ...statement, text: writer.truth(statement.claim) },
    ...kindsOf(TEXT_MUTANTS).flatMap((mutant): Written[] => {
      const text = writer.lie(mutant, statement, votes);
      const claim: Claim = mutant === 'content' ? { kind: 'content' } : statement.claim;
      return text ? [{ claim, tids: statement.tids, text, mutant }] : [];
    }),
  ]);
}

/** Clauses that are checked together: the language is that of a whole section. */
const SECTION = 20;

function checkSection(figures: Figures, written: readonly Written[], evidence: Evidence): void {
  const sentences = written.map((one) => ({ clauses: [clauseOf(one, one.text.text)] }));
  const { clauses, language } = checkReport({ paragraphs: [{ id: '', title: '', sentences }] }, evidence);
  if (!language) figures.unguarded += written.length;
  for (const [at, one] of written.entries()) count(figures, one, clauses[at] as CheckedClause);
}

/** Each two texts as one sentence, as reports have them. */
function checkPairs(figures: Figures, truths: readonly Written[], evidence: Evidence): void {
  const sentences = truths.flatMap((first, at) => {
    const second = truths[at + 1];
    return at % 2 === 0 && second
      ? [{ clauses: [clauseOf(first, `${first.text.text.slice(0, -1)},`), clauseOf(second, joined(second.text))] }]
      : [];
  });
  for (let from = 0; from < sentences.length; from += SECTION) {
    const paragraphs = [{ id: '', title: '', sentences: sentences.slice(from, from + SECTION) }];
    for (const { failure } of checkReport({ paragraphs }, evidence).clauses) {
      figures.inPairs.claims += 1;
      figures.inPairs.refused += Number(failure !== undefined);
    }
  }
}

const clauseOf = ({ claim, tids }: Written, text: string) => ({ text, citations: tids, claim });
/** A name keeps its capital letter. */
const joined = ({ template, text }: Text): string =>
  `while ${/^\{(g|every)\}/.test(template) ? text : `${text.charAt(0).toLowerCase()}${text.slice(1)}`}`;

/** Failures that the votes alone account for are counted by {@link measureVotes}. */
function count(figures: Figures, { claim, text, mutant }: Written, { failure, words }: CheckedClause): void {
  const failed = failure !== undefined;
  if (mutant) {
    add(figures.byText.get(mutant) as Caught, failed);
    if (!failed) note(figures.escaped, `${TEXT_MUTANTS[mutant]}, ${claim.kind}`, text.template, '');
    return;
  }
  const refused = figures.truths.get(claim.kind) as Refused;
  if (claim.kind === 'content') refused.claims += 1;
  if (!failed) return;
  refused.byText += 1;
  refused.plain += Number(!text.loaded);
  note(figures.alarms, `${claim.kind}, ${failure}`, text.template, words.join(', '));
}

const EXAMPLES = 3;

function note(wrongs: Map<string, Wrong>, kind: string, template: string, words: string): void {
  const key = `${kind}|${template}`;
  const wrong = wrongs.get(key) ?? { kind, template, words: new Set(), count: 0 };
  wrong.count += 1;
  if (words && wrong.words.size < EXAMPLES) wrong.words.add(words);
  wrongs.set(key, wrong);
}

/** How many comments set groups apart, by our definition and by a gap of 30 points alone. */
export interface Differences {
  /** with a difference that holds between two groups */
  proven: number;
  /** with two groups whose agreement or disagreement lies 30 points or more apart, whoever voted */
  raw: number;
}

export function differencesOf(voted: VotedOn): Differences {
  const { tids, letters, votes } = voted;
  const pairs = letters.flatMap((more) => letters.filter((less) => less !== more).map((less) => [more, less] as const));
  const some = (holds: (tid: number, more: string, less: string) => boolean) =>
    tids.filter((tid) => pairs.some(([more, less]) => holds(tid, more, less))).length;
  return {
    proven: some((tid, more, less) =>
      (['agree', 'disagree'] as const).some((stance) =>
        isTrue({ claim: { kind: 'difference', stance, groups: [more], than: [less] }, tids: [tid] }, voted),
      ),
    ),
    raw: some((tid, more, less) =>
      [0, 1].some((side) => {
        const share = (letter: string) => {
          const counts = votes.get(tid)?.get(letter) ?? [0, 0, 0];
          return (counts[side] as number) / (counts[0] + counts[1] + counts[2]);
        };
        return share(more) - share(less) >= 0.3 - 1e-9;
      }),
    ),
  };
}

/** How often one comment proves a claim that another one proves. */
export interface Elsewhere {
  /** true claims about one comment */
  claims: number;
  /** sum over them: the share of the other comments that prove the same claim */
  chance: number;
  /** claims asked of one comment, true or not */
  asked: number;
}

/** By kind and stance, of all participants, of one group, and of one group against one. */
export function sameClaimElsewhere(conversations: readonly VotedOn[]): Map<string, Elsewhere> {
  const found = new Map<string, Elsewhere>();
  for (const conversation of conversations)
    for (const { claim, tids } of trueClaims(conversation).values()) {
      const named = [...('groups' in claim ? (claim.groups ?? []) : []), ...('than' in claim ? claim.than : [])];
      if (named.length > (claim.kind === 'difference' ? 2 : 1)) continue;
      const key = 'stance' in claim && claim.kind !== 'difference' ? `${claim.kind}, ${claim.stance}` : claim.kind;
      const { claims, chance, asked } = found.get(key) ?? { claims: 0, chance: 0, asked: 0 };
      const others = (tids.length - 1) / (conversation.tids.length - 1);
      found.set(key, {
        claims: claims + tids.length,
        chance: chance + tids.length * others,
        asked: asked + conversation.tids.length,
      });
    }
  return found;
}
