import { type CheckedReport, checkReport } from '../../lambdas/report/claims/check.ts';
import { CLAIM_KINDS } from '../../lambdas/report/claims/claim.ts';
import {
  addFigures,
  type ClaimFigures,
  figuresOf as figuresOfSection,
  NO_FIGURES,
} from '../../lambdas/report/claims/figures.ts';
import { citedTids } from '../../lambdas/report/shape.ts';
import type { ReadReport } from './read-report.ts';
import { type Difference, type Recount, recountEvidence } from './recount.ts';

/** A section whose claims were proven again. */
export interface CheckedSection extends CheckedReport {
  section: string;
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
  /** what of a page is not as it was published */
  changed: ReadReport['changed'];
}

/**
 * Proves every claim of a report again.
 * @param counted the votes of an export; without them the votes that the report brings along are believed
 */
export function proveReport({ sections, changed }: ReadReport, counted?: Recount): Proof {
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
    proof.checked.push({ section, ...checkReport(report, again?.evidence ?? each.evidence) });
    proof.differences.push(...(again?.differences ?? []));
    const known = new Set(each.evidence.groups.map(({ letter }) => letter));
    for (const letter of counted?.letters ?? []) if (!known.has(letter)) leftOut.add(letter);
  }
  return { ...proof, groupsLeftOut: [...leftOut].sort() };
}

/** Counts of clauses. */
export interface Figures extends Omit<ClaimFigures, 'taken_out'> {
  failed: number;
}

export function figuresOf({ checked }: Proof): Figures {
  const all = checked.map((section) => figuresOfSection(section, () => false)).reduce(addFigures, NO_FIGURES);
  const { clauses, proven, content, thin, unguarded } = all;
  const failed = checked.flatMap((section) => section.clauses).filter(({ failure }) => failure).length;
  // always in the same order, whichever section has a kind first
  const kinds = CLAIM_KINDS.flatMap((kind) => (proven[kind] ? [[kind, proven[kind]] as const] : []));
  return { clauses, proven: Object.fromEntries(kinds), content, thin, failed, unguarded };
}

/** Whether the report may be believed: it has claims, they hold, its votes are those of the export, and its page is unchanged. */
export const holds = (proof: Proof): boolean =>
  proof.checked.length > 0 &&
  figuresOf(proof).failed === 0 &&
  proof.differences.length === 0 &&
  proof.groupsLeftOut.length === 0 &&
  !proof.changed;
