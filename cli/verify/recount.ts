import { letterOf } from '../../lambdas/report/claims/claim.ts';
import type { Evidence } from '../../lambdas/report/claims/evidence.ts';
import { EXPORT_VOTE, type Tally, tally } from '../../lambdas/report/votes.ts';
import { checkExport } from '../../local/export/check-export.ts';
import { currentVotes, everyVote } from '../../local/export/current-votes.ts';
import { type ExportSign, readExportFiles } from '../../local/export/export-files.ts';

/** The votes of a conversation, counted from the files that Polis publishes. */
export interface Recount {
  /** of the opinion groups */
  letters: ReadonlySet<string>;
  /** Of all participants, or of a group; undefined for a comment or a group that the export does not have. */
  tally(tid: number, letter: string | undefined): Tally | undefined;
  /** what is suspicious in the export */
  warnings: string[];
}

/**
 * Counts the current votes of an export: of several by one person on one comment the last one.
 * @param path a folder or a zip file
 * @throws InvalidSetting when there is no export; InvalidExport when it is damaged or its files contradict one another
 */
export async function recount(path: string): Promise<Recount> {
  const files = await readExportFiles(path);
  const current = currentVotes(files.votes);
  const warnings = [...files.warnings, ...checkExport(files, current)];
  const letterByPid = new Map(
    files.participants.flatMap(({ pid, gid }) => (gid === undefined ? [] : [[pid, letterOf(gid)] as const])),
  );
  const letters = new Set(letterByPid.values());
  const cells = new Map<string, Tally>();
  for (const { pid, tid, vote } of everyVote(current)) {
    const letter = letterByPid.get(pid);
    for (const key of letter === undefined ? [cellOf(tid)] : [cellOf(tid), cellOf(tid, letter)])
      cells.set(key, withVote(cells.get(key) ?? NOBODY, vote));
  }
  const tids = new Set(files.comments.map(({ tid }) => tid));
  return {
    letters,
    warnings,
    tally(tid, letter) {
      const known = tids.has(tid) && (letter === undefined || letters.has(letter));
      return known ? (cells.get(cellOf(tid, letter)) ?? NOBODY) : undefined;
    },
  };
}

const NOBODY = tally(0, 0, 0);
const cellOf = (tid: number, letter = ''): string => `${tid} ${letter}`;

const withVote = ({ agrees, disagrees, passes }: Tally, vote: ExportSign): Tally =>
  tally(
    agrees + Number(vote === EXPORT_VOTE.agree),
    disagrees + Number(vote === EXPORT_VOTE.disagree),
    passes + Number(vote === EXPORT_VOTE.pass),
  );

/** A tally of a report that is not the one of the export. */
export interface Difference {
  section: string;
  tid: number;
  /** letter of the group; null: all participants */
  group: string | null;
  /** null where the report has no votes on the comment */
  stored: Counts | null;
  /** null where the export has no such comment or group */
  counted: Counts | null;
}
type Counts = readonly [agrees: number, disagrees: number, passes: number];
const countsOf = (found: Tally | undefined): Counts | null =>
  found ? [found.agrees, found.disagrees, found.passes] : null;

/**
 * The evidence of a section with the votes of the export in place of its own, and where the two differ.
 * @param cited comments that the section cites
 */
export function recountEvidence(
  section: string,
  stored: Evidence,
  cited: readonly number[],
  { tally: counted }: Recount,
): { evidence: Evidence; differences: Difference[] } {
  const columns = [undefined, ...stored.groups.map(({ letter }) => letter)];
  const differences: Difference[] = [];
  const votes = new Map<number, Tally[]>();
  for (const tid of new Set([...stored.votes.keys(), ...cited])) {
    const own = stored.votes.get(tid);
    const all = counted(tid, undefined);
    if (all === undefined) {
      differences.push({ section, tid, group: null, stored: countsOf(own?.[0]), counted: null });
      continue;
    }
    const found = columns.map((letter) => counted(tid, letter));
    votes.set(
      tid,
      found.map((each) => each ?? NOBODY),
    );
    // a comment that only describes what people wrote is cited without votes
    for (const [at, letter] of own ? columns.entries() : []) {
      const [here, there] = [countsOf(own?.[at]), countsOf(found[at])];
      if (here?.join() === there?.join()) continue;
      differences.push({ section, tid, group: letter ?? null, stored: here, counted: there });
    }
  }
  return { evidence: { groups: stored.groups, votes }, differences };
}
