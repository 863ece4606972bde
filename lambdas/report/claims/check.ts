import type { FailedClause, Unproven } from '../../shared/ledger-rows.ts';
import { type Clause, clausesOf, type Place, type Report, sentenceCount, type Text } from '../shape.ts';
import { claimCode } from './claim.ts';
import type { Evidence } from './evidence.ts';
import { asSeen, lookalikes } from './letters.ts';
import { phraseOf } from './phrases.ts';
import {
  type Language,
  languageBeside,
  languageOf,
  PROSE_REASONS,
  type ProseReason,
  type ProvenClause,
  proseProblems,
} from './prose.ts';
import { type Figure, prove, type Verdict, type VoteReason } from './prove.ts';

/** Why a clause fails. */
export const FAILURES = {
  no_claim: 'it has no claim that can be read',
  unknown_group: 'its claim names a group that does not exist',
  no_votes: 'it cites no comment with votes',
  votes: 'the votes do not prove its claim',
  claims_nothing: 'no clause of the section claims anything, and the words cannot be checked in its language',
  read_back: 'a second reading found another claim in its text',
  ...PROSE_REASONS,
} as const satisfies Record<VoteReason | ProseReason | 'claims_nothing' | 'read_back', string>;
export type Failure = keyof typeof FAILURES;

export interface CheckedClause extends Place {
  clauseOf: Clause;
  verdict: Verdict['verdict'];
  /** present when the clause fails, and only then */
  failure?: Failure;
  /** words of its text that do not fit its claim */
  words: string[];
  /** the comparisons that its claim rests on */
  figures: Figure[];
}

export interface CheckedReport {
  /** in reading order */
  clauses: CheckedClause[];
  /** of the text, where there is a word list for it; else its clauses are unguarded */
  language: Language | undefined;
}

/** Proves every clause of a section from the votes, and holds its words against its claim. */
export function checkReport(report: Text, evidence: Evidence): CheckedReport {
  const sentences = report.paragraphs.flatMap(({ sentences }, paragraph) =>
    sentences.map(({ clauses }, sentence) => ({ paragraph, sentence, clauses })),
  );
  const language = languageOf(
    clausesOf(report)
      .map(({ text }) => text)
      .join(' '),
  );
  const clauses = sentences.flatMap(({ clauses, ...place }) =>
    checkSentence(clauses, evidence, language).map((checked, clause) => ({ ...place, clause, ...checked })),
  );
  const claimsNothing = !language && clauses.every(({ verdict }) => verdict === 'content');
  return { language, clauses: claimsNothing ? clauses.map((clause) => ({ ...clause, ...CLAIMS_NOTHING })) : clauses };
}

const CLAIMS_NOTHING = { verdict: 'refuted', failure: 'claims_nothing' } as const;

function checkSentence(
  clauses: readonly Clause[],
  evidence: Evidence,
  language: Language | undefined,
): Omit<CheckedClause, keyof Place>[] {
  const verdicts = clauses.map(({ claim, citations }) => prove(claim, citations, evidence));
  const proven = clauses.map(({ text, claim }, at): ProvenClause | undefined => {
    const { verdict, figures } = verdicts[at] as Verdict;
    if (!claim || verdict === 'refuted' || verdict === 'untestable') return undefined;
    return { text, claim, everybody: figures.length > 0 && figures.every(({ all }) => all) };
  });
  const own = languageBeside(asSeen(clauses.map(({ text }) => text).join(' ')), language) ?? language;
  const problems = own ? proseProblems(proven, evidence.groups, own) : [];
  return clauses.map((clauseOf, at) => {
    const verdict = verdicts[at] as Verdict;
    const problem = problems[at];
    const about = { clauseOf, figures: verdict.figures, words: problem?.words ?? [] };
    if (problem) return { ...about, verdict: 'refuted', failure: problem.reason };
    const odd = lookalikes(asSeen(clauseOf.text));
    if (odd && !('reason' in verdict)) return { ...about, words: odd, verdict: 'refuted', failure: 'text_letters' };
    return { ...about, verdict: verdict.verdict, ...('reason' in verdict ? { failure: verdict.reason } : {}) };
  });
}

/** Clauses that a row of the ledger lists at most; the counts beside them are always whole. */
const MAX_LISTED = 200;

/** The clauses that fail, as the ledger keeps them. */
export const failedClauses = ({ clauses }: Pick<CheckedReport, 'clauses'>): FailedClause[] =>
  clauses.flatMap((checked) => {
    const { paragraph, sentence, clause, failure } = checked;
    return failure ? [{ paragraph, sentence, clause, failure, why: whyItFails(checked) }] : [];
  });

export const listed = (failed: readonly FailedClause[]): FailedClause[] => failed.slice(0, MAX_LISTED);

/** Why a clause fails, in one line: its claim, and the first numbers that refute it. It holds no words of the text. */
export function whyItFails({ failure, figures, clauseOf: { claim } }: CheckedClause): string {
  const about = claim ? `${claimCode(claim)}: ` : '';
  const against = figures.find(({ holds }) => !holds);
  if (failure !== 'votes' || !against) return `${about}${FAILURES[failure ?? 'votes']}`;
  const { tid, group, than, counted } = against;
  const whose = than || !group ? '' : `, Group ${group}`;
  return `${about}comment ${tid}${whose}: ${phraseOf(counted)}`;
}

/** What a sentence is known by within its text. */
const sentenceKey = ({ paragraph, sentence }: SentencePlace): string => `${paragraph} ${sentence}`;
type SentencePlace = Pick<Place, 'paragraph' | 'sentence'>;

/** In how many sentences of a text these clauses stand. */
export const sentencesOf = (clauses: readonly SentencePlace[]): number => new Set(clauses.map(sentenceKey)).size;

/** A section without the sentences in which a clause fails. */
export interface Trimmed extends Unproven {
  report: Report;
  /** by the title of its paragraph: why each of the sentences is not there */
  takenOut: { paragraph: string; why: string }[];
  /** whether the sentence at a place was taken out */
  isOut: (place: SentencePlace) => boolean;
}

/** Takes the sentences out in which a clause fails, and the paragraphs that are empty then. */
export function withoutFailed(report: Report, failed: readonly FailedClause[]): Trimmed {
  const why = new Map<string, string>();
  for (const clause of failed) {
    const key = sentenceKey(clause);
    if (!why.has(key)) why.set(key, clause.why);
  }
  const takenOut: Trimmed['takenOut'] = [];
  const paragraphs = report.paragraphs.map((about, paragraph) => {
    const sentences = about.sentences.filter((_, sentence) => {
      const reason = why.get(sentenceKey({ paragraph, sentence }));
      if (reason !== undefined) takenOut.push({ paragraph: about.title, why: reason });
      return reason === undefined;
    });
    return { ...about, sentences };
  });
  const kept = paragraphs.filter(({ sentences }) => sentences.length > 0);
  return {
    report: { ...report, paragraphs: kept },
    takenOut,
    sentences: sentenceCount(report),
    lost: takenOut.length,
    isOut: (place) => why.has(sentenceKey(place)),
  };
}

/** Whether a section loses so much that the rest would mislead: a third of its sentences or more. */
export const isUnproven = ({ sentences, lost }: Unproven): boolean => lost * 3 >= sentences;

/** How many sentences of a report hold a clause that fails, and how many it has. */
export const unprovenOf = (report: Text, failed: readonly FailedClause[]): Unproven => ({
  lost: sentencesOf(failed),
  sentences: sentenceCount(report),
});
