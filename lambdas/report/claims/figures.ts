import type { CheckedReport } from './check.ts';
import type { ClaimKind } from './claim.ts';

/** How far a text can be trusted, in figures. Of clauses that are published: `clauses` is their number. */
export interface ClaimFigures {
  clauses: number;
  /** borne out by the votes, by kind of claim */
  proven: Partial<Record<ClaimKind, number>>;
  /** that only tell what comments say */
  content: number;
  /** that only say that too few people voted */
  thin: number;
  /** of the clauses, those whose words could not be held against their claim, as there is no word list for their language */
  unguarded: number;
  /** clauses of sentences that were taken out */
  taken_out: number;
}

export const NO_FIGURES: ClaimFigures = { clauses: 0, proven: {}, content: 0, thin: 0, unguarded: 0, taken_out: 0 };

/** The figures of a section. @param isOut whether the sentence at a place was taken out */
export function figuresOf(
  { clauses, language }: CheckedReport,
  isOut: (place: { paragraph: number; sentence: number }) => boolean,
): ClaimFigures {
  const kept = clauses.filter((clause) => !isOut(clause));
  const proven: ClaimFigures['proven'] = {};
  for (const { verdict, clauseOf } of kept) {
    const kind = verdict === 'proven' ? clauseOf.claim?.kind : undefined;
    if (kind) proven[kind] = (proven[kind] ?? 0) + 1;
  }
  const count = (wanted: string) => kept.filter(({ verdict }) => verdict === wanted).length;
  return {
    clauses: kept.length,
    proven,
    content: count('content'),
    thin: count('thin'),
    unguarded: language ? 0 : kept.length,
    taken_out: clauses.length - kept.length,
  };
}

export function addFigures(a: ClaimFigures, b: ClaimFigures): ClaimFigures {
  const proven = { ...a.proven };
  for (const [kind, count] of Object.entries(b.proven) as [ClaimKind, number][])
    proven[kind] = (proven[kind] ?? 0) + count;
  return {
    clauses: a.clauses + b.clauses,
    proven,
    content: a.content + b.content,
    thin: a.thin + b.thin,
    unguarded: a.unguarded + b.unguarded,
    taken_out: a.taken_out + b.taken_out,
  };
}

/** How many clauses are proven, of every kind together. */
export const provenCount = ({ proven }: Pick<ClaimFigures, 'proven'>): number =>
  Object.values(proven).reduce((sum, count) => sum + count, 0);
