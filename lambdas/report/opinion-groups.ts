import * as z from 'zod';
import { ConversationNotReady } from '../shared/errors.ts';
import { parseOr, wholeCount } from '../shared/parse.ts';
import { letterOf } from './claims/kinds.ts';

/** The math worker's numbers may arrive as text. */
const number = z.union([z.number(), z.string().trim().min(1).transform(Number).pipe(z.number())]);

/** Where each value below is found in `math_main.data`, for the person who has to fix it. */
const KEYS: Record<string, string> = {
  extremity: 'pca.comment-extremity',
  consensus: 'group-aware-consensus',
  group_clusters: 'group-clusters',
  base_ids: 'base-clusters.id',
  base_members: 'base-clusters.members',
  group_votes: 'group-votes',
};
const withRealKeys = (line: string): string =>
  line.replace(/(^|; )([a-z_]+)/g, (_, before: string, name: string) => before + (KEYS[name] ?? name));

/** The keys of `math_main.data` that this project reads, each as its own value. */
const mathSchema = z.object({
  tids: z.array(wholeCount),
  extremity: z.array(number),
  consensus: z.record(z.string(), number),
  group_clusters: z.array(z.object({ id: wholeCount, members: z.array(wholeCount) })),
  base_ids: z.array(wholeCount),
  base_members: z.array(z.array(wholeCount)),
  /** gid, tid, agrees, disagrees; absent in math that counts no votes */
  group_votes: z.array(z.tuple([wholeCount, wholeCount, number, number])).nullish(),
});

export interface OpinionGroup {
  gid: number;
  /** shown to people: the report's label, or "Group A" for gid 0 */
  label: string;
  pids: number[];
}

/** What the math worker found: groups of participants, and two measures of every comment. */
export interface OpinionMath {
  /** in order of gid */
  groups: OpinionGroup[];
  /** tid → length of the comment's PCA projection; above 1 divides people */
  extremity: Map<number, number>;
  /** tid → group-aware consensus, 0..1 */
  consensus: Map<number, number>;
  /** what the math counted, where agrees and disagrees differ, of many comments but not always all; its signs are right whatever the database stores */
  votes: MathVotes[];
}

/** How one opinion group had voted on one comment when the math was computed. */
export interface MathVotes {
  gid: number;
  tid: number;
  agrees: number;
  disagrees: number;
}

/** Group A, Group B … Group Z, Group 27 … for gid 0, 1 … */
export const defaultLabel = (gid: number): string => `Group ${letterOf(gid)}`;

/**
 * Parses the math worker's answer and resolves each group's participants: group → base clusters → pids.
 * (`group-clusters[].members` are base-cluster ids, not pids.)
 * @param labels the report's own names by gid; an empty one means the default
 * @throws ConversationNotReady when a key is missing or fewer than two groups exist
 */
export function parseOpinionMath(keys: unknown, labels: readonly (string | null)[]): OpinionMath {
  const math = parseOr(
    mathSchema,
    keys,
    (line) =>
      new ConversationNotReady(
        `math_main.data is incomplete (${withRealKeys(line)}): let the math worker finish, then redrive the job`,
      ),
  );
  const pidsOfBase = new Map(math.base_ids.map((base, index) => [base, math.base_members[index] ?? []]));
  const placed = new Set<number>();
  const groups = math.group_clusters
    .map(({ id: gid, members }) => ({
      gid,
      label: labels[gid]?.trim() || defaultLabel(gid),
      // a participant counts once, whatever the folding says
      pids: members.flatMap((base) => pidsOfBase.get(base) ?? []).filter((pid) => !placed.has(pid) && placed.add(pid)),
    }))
    .filter((group) => group.pids.length > 0)
    .sort((a, b) => a.gid - b.gid);
  if (groups.length < 2) {
    throw new ConversationNotReady(
      `the math has ${groups.length} opinion group(s) and a narrative needs 2: wait for more participants, then redrive the job`,
    );
  }
  return {
    groups,
    extremity: pairUp(math.tids, math.extremity),
    consensus: byTid(math.consensus),
    votes: (math.group_votes ?? []).map(([gid, tid, agrees, disagrees]) => ({ gid, tid, agrees, disagrees })),
  };
}

const pairUp = (tids: number[], values: number[]): Map<number, number> =>
  new Map(tids.slice(0, values.length).map((tid, index) => [tid, values[index] as number]));

const byTid = (values: Record<string, number>): Map<number, number> =>
  new Map(Object.entries(values).map(([tid, value]) => [Number(tid), value]));
