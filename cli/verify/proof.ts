import { type CheckedClause, checkReport } from '../../lambdas/report/claims/check.ts';
import { CLAIM_KINDS, type ClaimKind } from '../../lambdas/report/claims/claim.ts';
import { citedTids } from '../../lambdas/report/shape.ts';
import type { ReadReport } from './read-report.ts';
import { type Difference, type Recount, recountEvidence } from './recount.ts';

/** A section whose claims were proven again. */
export interface CheckedSection {
  section: string;
  clauses: CheckedClause[];
  /** its words could be held against its claims, because there is a word list for its language */
  guarded: boolean;
}

/** What proving a report again has found. */
export interface Proof {
  checked: CheckedSection[];
  /** sections without claims: of the old pipeline, or of a job that turned them off */
  notChecked: string[];
  /** sections that could not be written, or that have no comments */
  noText: string[];
  /** tallies that are not those of the export */
  differences: Difference[];
  /** letters of opinion groups of the export that a section does not know */
  groupsLeftOut: string[];
  /** the page does not say what it said when it was published */
  changed: boolean;
}

/**
 * Proves every claim of a report again.
 * @param counted the votes of an export; without them the votes that the report brings along are believed
 */
export function proveReport({ sections, changed = false }: ReadReport, counted?: Recount): Proof {
  const named = (state: string) => sections.flatMap((each) => (each.state === state ? [each.section] : []));
  const proof: Proof = {
    checked: [],
    notChecked: named('not checked'),
    noText: named('no text'),
    differences: [],
    groupsLeftOut: [],
    changed,
  };
  const leftOut = new Set<string>();
  for (const each of sections) {
    if (each.state !== 'checked') continue;
    const { section, report } = each;
    const again = counted && recountEvidence(section, each.evidence, citedTids(report), counted);
    const { clauses, language } = checkReport(report, again?.evidence ?? each.evidence);
    proof.checked.push({ section, clauses, guarded: language !== undefined });
    proof.differences.push(...(again?.differences ?? []));
    const known = new Set(each.evidence.groups.map(({ letter }) => letter));
    for (const letter of counted?.letters ?? []) if (!known.has(letter)) leftOut.add(letter);
  }
  return { ...proof, groupsLeftOut: [...leftOut].sort() };
}

/** Counts of clauses. */
export interface Figures {
  clauses: number;
  /** by kind, those that occur */
  proven: Partial<Record<ClaimKind, number>>;
  /** they only say what comments are about */
  content: number;
  /** they only say that few voted */
  thin: number;
  failed: number;
  /** their words were not held against their claims, for want of a word list */
  unguarded: number;
}

export function figuresOf({ checked }: Proof): Figures {
  const clauses = checked.flatMap((section) => section.clauses);
  const standing = (verdict: string) => clauses.filter((clause) => !clause.failure && clause.verdict === verdict);
  const kinds = CLAIM_KINDS.map((kind) => {
    const count = standing('proven').filter(({ clauseOf }) => clauseOf.claim?.kind === kind).length;
    return [kind, count] as const;
  });
  return {
    clauses: clauses.length,
    proven: Object.fromEntries(kinds.filter(([, count]) => count > 0)),
    content: standing('content').length,
    thin: standing('thin').length,
    failed: clauses.filter(({ failure }) => failure).length,
    unguarded: checked.reduce((sum, section) => sum + (section.guarded ? 0 : section.clauses.length), 0),
  };
}

/** Whether the report may be believed: it has claims, they hold, its votes are those of the export, and its page is unchanged. */
export const holds = (proof: Proof): boolean =>
  proof.checked.length > 0 &&
  figuresOf(proof).failed === 0 &&
  proof.differences.length === 0 &&
  proof.groupsLeftOut.length === 0 &&
  !proof.changed;
