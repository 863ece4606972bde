import { type Claim, claimKey } from '../../lambdas/report/claims/claim.ts';
import type { ClaimGroup } from '../../lambdas/report/claims/evidence.ts';
import { type StoredReport, sectionOf } from '../../lambdas/report/public.ts';
import { type Clause, clausesOf, type StoredSection, storedReportSchema } from '../../lambdas/report/shape.ts';
import type { Tally } from '../../lambdas/report/votes.ts';
import { jsonOrUndefined } from '../../lambdas/shared/parse.ts';

/** A clause of one run, wherever the report has it. */
export interface RunClause {
  text: string;
  /** undefined: it was written without one */
  claim: Claim | undefined;
  /** each once, in ascending order */
  citations: number[];
  /** titles of the sections that have it */
  sections: string[];
}

/** Votes on one comment by all participants (`group` undefined) or by one opinion group, as each run was shown them. */
export interface ChangedVotes {
  tid: number;
  group: string | undefined;
  earlier: Tally;
  later: Tally;
}

export interface ChangedClause {
  clause: RunClause;
  votes: ChangedVotes[];
}

/** Two runs of one report, compared by what their clauses claim. */
export interface Comparison {
  /** only in the later run */
  added: RunClause[];
  /** only in the earlier run */
  gone: RunClause[];
  /** in both, while the votes that the claim speaks of have changed */
  changed: ChangedClause[];
  /** in both, with the same votes */
  same: number;
  /** titles of sections that have a text in only one of the runs */
  sections: { added: string[]; gone: string[] };
  /** the opinion groups of each run: a letter may stand for other people when they differ */
  groups: { earlier: readonly ClaimGroup[]; later: readonly ClaimGroup[] };
}

/** What one run says. */
interface Run {
  clauses: Map<string, RunClause>;
  /** by tid */
  votes: Map<number, readonly Tally[]>;
  groups: readonly ClaimGroup[];
  titles: Map<string, string>;
}

/**
 * Compares two runs. A clause is the same in both when its claim (kind, stance, groups, than) and the comments that it
 * cites are the same, whatever its words. A clause without a claim is known by its citations alone.
 * @param earlier rows of one run; what cannot be read of them, and sections without a text, are left out
 */
export function compareRuns(earlier: readonly StoredReport[], later: readonly StoredReport[]): Comparison {
  const [before, after] = [readRun(earlier), readRun(later)];
  const both = [...after.clauses].filter(([key]) => before.clauses.has(key)).map(([, clause]) => clause);
  const changes = both.map((clause) => ({ clause, votes: changedVotes(clause, before, after) }));
  const changed = changes.filter(({ votes }) => votes.length > 0);
  return {
    added: onlyIn(after.clauses, before.clauses),
    gone: onlyIn(before.clauses, after.clauses),
    changed,
    same: both.length - changed.length,
    sections: { added: onlyIn(after.titles, before.titles), gone: onlyIn(before.titles, after.titles) },
    groups: { earlier: before.groups, later: after.groups },
  };
}

const onlyIn = <T>(one: ReadonlyMap<string, T>, other: ReadonlyMap<string, T>): T[] =>
  [...one].flatMap(([key, value]) => (other.has(key) ? [] : [value]));

function readRun(rows: readonly StoredReport[]): Run {
  const run: Run = { clauses: new Map(), votes: new Map(), groups: [], titles: new Map() };
  for (const row of rows) {
    const section = row.errors ? undefined : storedSection(row);
    if (!section) continue;
    const title = section.title || sectionOf(row);
    run.titles.set(sectionOf(row), title);
    for (const clause of clausesOf(section)) addClause(run.clauses, clause, title);
    if (!section.evidence) continue;
    if (run.groups.length === 0) run.groups = section.evidence.groups;
    for (const [tid, tallies] of section.evidence.votes) run.votes.set(tid, tallies);
  }
  return run;
}

const storedSection = ({ report_data }: StoredReport): StoredSection | undefined =>
  storedReportSchema.safeParse(jsonOrUndefined(report_data ?? '')).data;

function addClause(all: Map<string, RunClause>, { text, claim, citations: cited }: Clause, title: string): void {
  const citations = [...new Set(cited)].sort((a, b) => a - b);
  // a sentence that says why a section is missing cites nothing
  if (!claim && citations.length === 0) return;
  // what a clause is known by in every run
  const key = `${claim ? claimKey(claim) : ''} ${citations.join(',')}`;
  const known = all.get(key);
  if (!known) all.set(key, { text, claim, citations, sections: [title] });
  else if (!known.sections.includes(title)) known.sections.push(title);
}

/** The votes that a claim speaks of and that are not the same in both runs. */
function changedVotes({ claim, citations }: RunClause, before: Run, after: Run): ChangedVotes[] {
  if (!claim || claim.kind === 'content') return [];
  return citations.flatMap((tid) =>
    groupsOf(claim, after.groups).flatMap((group) => {
      const [earlier, later] = [tallyOf(before, tid, group), tallyOf(after, tid, group)];
      return earlier && later && !sameTally(earlier, later) ? [{ tid, group, earlier, later }] : [];
    }),
  );
}

/** Whose votes a claim speaks of; undefined stands for all participants. */
function groupsOf(claim: Claim, all: readonly ClaimGroup[]): (string | undefined)[] {
  if (claim.kind === 'consensus') return all.map(({ letter }) => letter);
  const groups = 'groups' in claim ? (claim.groups ?? []) : [];
  const than = 'than' in claim ? claim.than : [];
  return groups.length > 0 ? [...groups, ...than] : [undefined];
}

function tallyOf({ votes, groups }: Run, tid: number, group: string | undefined): Tally | undefined {
  const at = group === undefined ? 0 : groups.findIndex(({ letter }) => letter === group) + 1;
  return group !== undefined && at === 0 ? undefined : votes.get(tid)?.[at];
}

const sameTally = (one: Tally, other: Tally): boolean =>
  one.agrees === other.agrees && one.disagrees === other.disagrees && one.passes === other.passes;
