import { VoteSignMismatch } from '../shared/errors.ts';
import type { GroupCount } from './comments.ts';
import type { MathVotes } from './opinion-groups.ts';

/** A difference of agrees and disagrees that one person who votes again cannot turn round. */
const CLEAR = 2;
/** Fewer counts that differ clearly prove nothing. */
const MIN_CLEAR = 5;
/** Cosine of the two lists of differences: 1 when they agree, -1 when every sign is swapped. */
const OPPOSITE = -0.5;

/**
 * Checks that agrees are agrees, against the math, whose signs are always right. Math that is older than the newest votes passes:
 * votes that were only added never come nearer to the swapped counts than to the true ones.
 * @param counts of the votes as they are now
 * @param math what the math counted, where agrees and disagrees differ
 * @throws VoteSignMismatch when agrees and disagrees are swapped in most counts that differ clearly
 */
export function checkVoteSigns(counts: readonly GroupCount[], math: readonly MathVotes[]): void {
  const now = new Map(counts.map((count) => [`${count.gid} ${count.tid}`, count]));
  const clear = math
    .filter(({ agrees, disagrees }) => Math.abs(agrees - disagrees) >= CLEAR)
    .flatMap((then) => {
      const count = now.get(`${then.gid} ${then.tid}`);
      return count ? [{ then, count }] : [];
    });
  if (clear.length < MIN_CLEAR) return;
  let apart = 0;
  let apartIfSwapped = 0;
  let [product, squaresThen, squaresNow] = [0, 0, 0];
  for (const { then, count } of clear) {
    apart += Math.abs(count.agrees - then.agrees) + Math.abs(count.disagrees - then.disagrees);
    apartIfSwapped += Math.abs(count.agrees - then.disagrees) + Math.abs(count.disagrees - then.agrees);
    const [before, after] = [then.agrees - then.disagrees, count.agrees - count.disagrees];
    product += before * after;
    squaresThen += before * before;
    squaresNow += after * after;
  }
  const cosine = product / Math.sqrt(squaresThen * squaresNow);
  if (!(apartIfSwapped <= apart && cosine < OPPOSITE)) return;
  const swapped = clear.filter(
    ({ then, count }) => Math.sign(then.agrees - then.disagrees) === -Math.sign(count.agrees - count.disagrees),
  );
  throw new VoteSignMismatch(
    `agrees and disagrees are swapped: ${swapped.length} of ${clear.length} clear counts of a group's votes on a comment are the other way round in math_main.data.group-votes: check what the database stores for agree (vote_convention) and that the math worker has run since, then redrive the job`,
  );
}
