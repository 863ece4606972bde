import { type Claim, claimCode } from '../lambdas/report/claims/claim.ts';
import { findingsOf } from './holds.ts';
import type { Prompt } from './narrative.ts';

/** A narrative before it is put into words. */
export type Draft = { id: string; title: string; sentences: DraftSentence[] }[];
export interface DraftSentence {
  clauses: DraftClause[];
  /** how many sentences before it say the same of other comments */
  nth: number;
}
export interface DraftClause {
  /** what the text says */
  says: Claim;
  /** what the clause claims, as a code; absent: nothing */
  code: string | undefined;
  citations: number[];
}

const MAX_CITATIONS = 10;
/** Clauses of findings: so many where there is something to say, and more only for comments that nothing has cited yet. */
const USUAL_CLAUSES = 20;
const MAX_CLAUSES = 30;

const PARAGRAPHS = {
  overview: 'Overview',
  opinions: 'What participants think',
  differences: 'Where the groups differ',
  agreement: 'Common ground',
  groups: 'Within the groups',
  open: 'Open questions',
  few: 'Where few have voted',
} as const;
type Paragraph = keyof typeof PARAGRAPHS;

/** Comments of which the same can be said in one sentence. */
interface Finding {
  key: string;
  claims: Claim[];
  cited: number[];
}

/**
 * What is worth reporting of a section: every kind of claim that its votes bear out, comments with the same claim together in one
 * sentence, and every comment cited somewhere.
 */
export function draftOf(prompt: Prompt): Draft {
  const chosen = chosenOf(findingsIn(prompt));
  const cited = new Set(chosen.flatMap((finding) => finding.cited));
  const opening = prompt.comments.toSorted((a, b) => b.all.votes - a.all.votes).slice(0, MAX_CITATIONS);
  const left = prompt.comments.filter((comment) => !cited.has(comment.id) && !opening.includes(comment));
  const content = [...inTens(opening.map(({ id }) => id)), ...inTens(left.map(({ id }) => id))].map(
    (ids): Finding => ({ key: 'c', claims: [{ kind: 'content' }], cited: ids }),
  );
  const all = [...content, ...chosen];
  return (Object.keys(PARAGRAPHS) as Paragraph[]).flatMap((id) => {
    const sentences = sentencesOf(all.filter(({ claims }) => paragraphOf(claims) === id));
    return sentences.length > 0 ? [{ id, title: PARAGRAPHS[id], sentences }] : [];
  });
}

export const draftClause = (claim: Claim, citations: number[]): DraftClause => ({
  says: claim,
  code: claimCode(claim),
  citations,
});

function sentencesOf(findings: readonly Finding[]): DraftSentence[] {
  const before = new Map<string, number>();
  return findings.map(({ key, claims, cited }) => {
    const nth = before.get(key) ?? 0;
    before.set(key, nth + 1);
    return { nth, clauses: claims.map((claim) => draftClause(claim, cited)) };
  });
}

function findingsIn({ comments, groups }: Prompt): Finding[] {
  const letters = groups.map(({ letter }) => letter);
  const found = comments.flatMap((comment) =>
    findingsOf(comment, letters).map((claims) => ({ id: comment.id, claims, key: claims.map(claimCode).join(' / ') })),
  );
  return [...Map.groupBy(found, ({ key }) => key)].flatMap(([key, same]) =>
    inTens(same.map(({ id }) => id)).map((cited) => ({ key, claims: same[0]?.claims ?? [], cited })),
  );
}

/** The largest finding of every kind, then those that cite the most comments that are not cited yet; in the order given. */
function chosenOf(findings: readonly Finding[]): Finding[] {
  const chosen = new Set<Finding>();
  const cited = new Set<number>();
  let clauses = 0;
  const choose = (finding: Finding) => {
    chosen.add(finding);
    clauses += finding.claims.length;
    for (const id of finding.cited) cited.add(id);
  };
  const largestFirst = findings.toSorted((a, b) => b.cited.length - a.cited.length);
  for (const [first] of Map.groupBy(largestFirst, slotOf).values()) if (first) choose(first);
  while (clauses < MAX_CLAUSES) {
    const news = (finding: Finding) => finding.cited.filter((id) => !cited.has(id)).length;
    const [best, ...others] = largestFirst.filter((finding) => !chosen.has(finding));
    if (!best) break;
    const next = others.reduce((most, finding) => (news(finding) > news(most) ? finding : most), best);
    if (news(next) === 0 && clauses >= USUAL_CLAUSES) break;
    choose(next);
  }
  return findings.filter((finding) => chosen.has(finding));
}

/** Findings of one slot differ only in groups and comments. */
const slotOf = ({ claims }: Finding): string =>
  claims.map((claim) => `${claim.kind} ${'stance' in claim ? claim.stance : ''} ${isOfGroups(claim)}`).join(' / ');

const isOfGroups = (claim: Claim): boolean => 'groups' in claim && claim.groups !== undefined;

function paragraphOf([claim, second]: readonly Claim[]): Paragraph {
  if (!claim || claim.kind === 'content') return 'overview';
  if (claim.kind === 'difference' || second) return 'differences';
  if (claim.kind === 'consensus') return 'agreement';
  if (claim.kind === 'thin') return 'few';
  if (isOfGroups(claim)) return 'groups';
  return claim.kind === 'divided' || claim.kind === 'uncertain' ? 'open' : 'opinions';
}

function inTens<T>(items: readonly T[]): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at < items.length; at += MAX_CITATIONS) parts.push(items.slice(at, at + MAX_CITATIONS));
  return parts;
}
