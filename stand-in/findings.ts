import type { Tally } from '../lambdas/report/votes.ts';
import type { GroupTally, ShownComment } from './comments-table.ts';

/** Agreement of this share in every group is consensus; a difference of this share between two groups is worth telling. */
const CONSENSUS_SHARE = 0.6;
const DIFFERENCE_SHARE = 0.3;
/** Below this share in one group, no comment is near to consensus. */
const NEAR_SHARE = 0.4;
const PASS_SHARE = 0.2;
/** Fewer votes than this, of all or in a group, bear out no claim about majorities, differences or agreement. */
const LEAST_VOTES = 5;

export type Stance = 'agrees' | 'disagrees' | 'passes' | 'split';

export interface Difference {
  comment: ShownComment;
  /** Groups with enough votes, the most agreeing first. */
  ranked: GroupTally[];
  /** Largest difference of agree shares, 0..1. */
  spread: number;
}

/** Share of agrees among all votes, 0..1; 0 without votes. */
export function agreeShare({ agrees, votes }: Tally): number {
  return votes === 0 ? 0 : agrees / votes;
}

/** Share of disagrees among all votes, 0..1; 0 without votes. */
export function disagreeShare({ disagrees, votes }: Tally): number {
  return votes === 0 ? 0 : disagrees / votes;
}

/** What most of those who voted did; `split` when no answer has more than half. */
export function stanceOf(counts: Tally): Stance {
  if (counts.agrees * 2 > counts.votes) return 'agrees';
  if (counts.disagrees * 2 > counts.votes) return 'disagrees';
  return counts.passes * 2 > counts.votes ? 'passes' : 'split';
}

/** Whether there are enough votes to claim something about those who cast them. */
export function heard({ votes }: Tally): boolean {
  return votes >= LEAST_VOTES;
}

/** Comments that more than half of all voters agree with, the most agreed first. */
export function backed(comments: readonly ShownComment[]): ShownComment[] {
  const most = comments.filter(({ all }) => heard(all) && stanceOf(all) === 'agrees');
  return most.toSorted(by(({ all }) => agreeShare(all)));
}

/** Comments on which two groups are 30 points or more apart, the widest first. */
export function differences(comments: readonly ShownComment[]): Difference[] {
  // 0.9 - 0.6 is a little less than 0.3 in floating point
  return gaps(comments).filter(({ spread }) => spread >= DIFFERENCE_SHARE - 1e-9);
}

/** The comment on which groups are furthest apart, be it a little; undefined when no two groups differ at all. */
export function widestGap(comments: readonly ShownComment[]): ShownComment | undefined {
  return gaps(comments).find(({ spread }) => spread > 0)?.comment;
}

function gaps(comments: readonly ShownComment[]): Difference[] {
  return comments
    .map((comment) => {
      const ranked = comment.groups.filter(heard).toSorted((a, b) => agreeShare(b) - agreeShare(a));
      const [first, last] = [ranked.at(0), ranked.at(-1)];
      const spread = first === undefined || last === undefined ? 0 : agreeShare(first) - agreeShare(last);
      return { comment, ranked, spread };
    })
    .toSorted((a, b) => b.spread - a.spread || a.comment.id - b.comment.id);
}

/** Comments that 60 % or more in every group agree with, the most agreed first. Without groups: 60 % of all. */
export function agreements(comments: readonly ShownComment[]): ShownComment[] {
  return comments.filter((comment) => everyGroup(comment, agreeShare)).toSorted(by((c) => agreeShare(c.all)));
}

/** Comments that 60 % or more in every group disagree with. */
export function rejections(comments: readonly ShownComment[]): ShownComment[] {
  return comments.filter((comment) => everyGroup(comment, disagreeShare)).toSorted(by((c) => disagreeShare(c.all)));
}

/** The comment whose least agreeing group agrees the most; undefined when that is less than 40 %. */
export function nearestToAgreement(comments: readonly ShownComment[]): ShownComment | undefined {
  const least = ({ groups }: ShownComment) => Math.min(...groups.map(agreeShare));
  const comparable = comments.filter(({ groups }) => groups.length > 1 && groups.every(heard));
  return comparable.filter((comment) => least(comment) >= NEAR_SHARE).toSorted(by(least))[0];
}

/** Comments that a fifth or more of the voters passed on, the most passed first. */
export function uncertain(comments: readonly ShownComment[]): ShownComment[] {
  const share = ({ all }: ShownComment) => all.passes / all.votes;
  return comments.filter((comment) => heard(comment.all) && share(comment) >= PASS_SHARE).toSorted(by(share));
}

/** Comments by votes, the most first. */
export function mostVoted(comments: readonly ShownComment[]): ShownComment[] {
  return comments.toSorted(by((comment) => comment.all.votes));
}

function everyGroup(comment: ShownComment, share: (counts: Tally) => number): boolean {
  const tallies: Tally[] = comment.groups.length === 0 ? [comment.all] : comment.groups;
  return tallies.every((counts) => heard(counts) && share(counts) >= CONSENSUS_SHARE);
}

function by(measure: (comment: ShownComment) => number) {
  return (a: ShownComment, b: ShownComment) => measure(b) - measure(a) || a.id - b.id;
}
