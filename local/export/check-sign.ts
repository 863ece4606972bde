import { EXPORT_VOTE } from '../../lambdas/report/votes.ts';
import { InvalidSetting } from '../../lambdas/shared/errors.ts';
import type { ExportComment, ExportVote } from './export-rows.ts';

/**
 * Makes sure that votes.csv means by agree what comments.csv counts as agrees. For every comment the lead of agrees
 * over disagrees is taken from both files; when the leads point in opposite directions on the whole (the sum of their
 * products is below zero), one of the files has the sign the other way round.
 * Both files count rows, so in a sound export the leads are equal.
 * @throws InvalidSetting when the signs are opposed: every narrative would say the opposite of what people voted
 */
export function checkSign(comments: ExportComment[], votes: ExportVote[]): void {
  const leadInVotes = new Map<number, number>();
  for (const { 'comment-id': tid, vote } of votes) {
    leadInVotes.set(tid, (leadInVotes.get(tid) ?? 0) + leadOf(vote));
  }
  const accord = comments.reduce(
    (sum, { 'comment-id': tid, agrees, disagrees }) => sum + (agrees - disagrees) * (leadInVotes.get(tid) ?? 0),
    0,
  );
  if (accord >= 0) return;
  throw new InvalidSetting(
    'votes.csv, column "vote", and comments.csv, columns "agrees" and "disagrees", have opposite signs: expected 1 to ' +
      'mean agree in votes.csv. Export the conversation again, or change the sign of every vote if you know it is wrong',
  );
}

function leadOf(vote: ExportVote['vote']): number {
  if (vote === EXPORT_VOTE.agree) return 1;
  return vote === EXPORT_VOTE.disagree ? -1 : 0;
}
