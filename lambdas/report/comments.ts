import type { OpinionMath } from './opinion-groups.ts';
import { type Tally, tally } from './votes.ts';

/** A comment as PostgreSQL has it. `mod`: -1 rejected, 0 unmoderated, 1 accepted. */
export interface Comment {
  tid: number;
  txt: string;
  mod: number;
  /** false when deselected for this report (`selection` = -1) */
  selected: boolean;
}

/** How one opinion group (or, with gid null, people in no group) voted on one comment. */
export interface GroupCount {
  tid: number;
  gid: number | null;
  agrees: number;
  disagrees: number;
  passes: number;
}

/** A comment with everything a section needs to choose it and a prompt needs to show it. */
export interface TalliedComment {
  tid: number;
  txt: string;
  all: Tally;
  /** parallel to the opinion groups */
  groups: Tally[];
  extremity: number;
  consensus: number;
}

/** Leaves out what the job's configuration says must not be shown. */
export function shownComments(
  comments: readonly Comment[],
  config: { include_moderation: boolean; exclude_comment_selections: boolean },
): Comment[] {
  return comments.filter(
    (comment) =>
      !(config.include_moderation && comment.mod === -1) && !(config.exclude_comment_selections && !comment.selected),
  );
}

/**
 * Joins comments with the votes on them. Votes of participants whom no opinion group holds count overall only.
 * @returns in the order of the comments given
 */
export function tallyComments(
  comments: readonly Comment[],
  counts: readonly GroupCount[],
  math: OpinionMath,
): TalliedComment[] {
  const column = new Map(math.groups.map((group, index) => [group.gid, index]));
  const tallied = new Map<number, TalliedComment>();
  for (const { tid, txt } of comments) {
    const extremity = math.extremity.get(tid) ?? 0;
    const consensus = math.consensus.get(tid) ?? 0;
    const groups = math.groups.map(() => tally(0, 0, 0));
    tallied.set(tid, { tid, txt, all: tally(0, 0, 0), groups, extremity, consensus });
  }
  for (const { tid, gid, agrees, disagrees, passes } of counts) {
    const comment = tallied.get(tid);
    if (!comment) continue;
    const { all } = comment;
    comment.all = tally(all.agrees + agrees, all.disagrees + disagrees, all.passes + passes);
    const index = gid === null ? undefined : column.get(gid);
    if (index !== undefined) comment.groups[index] = tally(agrees, disagrees, passes);
  }
  return [...tallied.values()];
}
