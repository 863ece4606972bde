import type { OpinionMath } from './opinion-groups.ts';
import { type Tally, tally } from './votes.ts';

/** A comment as PostgreSQL has it. `mod`: -1 rejected, 0 unmoderated, 1 accepted. */
export interface Comment {
  tid: number;
  txt: string;
  mod: number;
  /** false when it is withdrawn from the conversation */
  active: boolean;
  /** about the voter or the survey itself */
  is_meta: boolean;
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

/** Why a comment is left out of a report, for a sentence that begins with a count of comments. */
export const LEFT_OUT_BECAUSE = {
  rejected: 'rejected by moderators',
  not_accepted: 'not accepted by moderators',
  meta: 'about the voter or the survey itself (meta)',
  inactive: 'withdrawn (not active)',
  deselected: "left out by the report's owner",
} as const;
export type CommentLeftOut = keyof typeof LEFT_OUT_BECAUSE;

/** What decides which comments a report shows. */
export interface Showing {
  /** of the report: comments whose `mod` is greater are shown */
  mod_level: number;
  /** of the job: rejected comments are left out, whatever the report's `mod_level` */
  include_moderation: boolean;
  /** of the job: false shows comments that were deselected for the report */
  exclude_comment_selections: boolean;
}

/** Divides comments into those that a report shows, and those that it leaves out, each with the first reason that holds. */
export function shownComments(
  comments: readonly Comment[],
  showing: Showing,
): { shown: Comment[]; leftOut: Map<number, CommentLeftOut> } {
  const shown: Comment[] = [];
  const leftOut = new Map<number, CommentLeftOut>();
  for (const comment of comments) {
    const why = whyLeftOut(comment, showing);
    if (why) leftOut.set(comment.tid, why);
    else shown.push(comment);
  }
  return { shown, leftOut };
}

const REJECTED = -1;

function whyLeftOut(comment: Comment, showing: Showing): CommentLeftOut | undefined {
  if (comment.mod <= showing.mod_level || (showing.include_moderation && comment.mod === REJECTED))
    return comment.mod === REJECTED ? 'rejected' : 'not_accepted';
  if (comment.is_meta) return 'meta';
  if (!comment.active) return 'inactive';
  return showing.exclude_comment_selections && !comment.selected ? 'deselected' : undefined;
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
