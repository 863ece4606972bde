import { POSTGRES_VOTE, type PostgresVote } from '../../lambdas/report/votes.ts';
import type { VoteRow } from '../conversation.ts';
import type { PlacedComment } from './comments.ts';
import { between, mulberry32, type Random, shuffled } from './mulberry32.ts';
import type { Person } from './people.ts';
import { HOUR } from './times.ts';

const SECOND = 1000;

/**
 * Every vote that was ever cast, in time order: the authors' own, those of each visit, and the changed ones.
 * @returns rows as in Polis' `votes`, with PostgreSQL's sign
 */
export function castVotes(people: readonly Person[], comments: readonly PlacedComment[]): VoteRow[] {
  const votes = people.flatMap((person) => votesOf(mulberry32(person.pid * 7919 + 17), person, comments));
  return votes.sort((a, b) => a.created - b.created || a.pid - b.pid || a.tid - b.tid);
}

/** The vote that counts of each participant on each comment: the last one. */
export function currentVotes(votes: readonly VoteRow[]): VoteRow[] {
  const latest = new Map<string, VoteRow>();
  for (const vote of votes) latest.set(`${vote.pid} ${vote.tid}`, vote);
  return [...latest.values()];
}

function votesOf(random: Random, person: Person, comments: readonly PlacedComment[]): VoteRow[] {
  const { pid } = person;
  // Whoever sends in a comment agrees with it at that moment; the organisers' seeds come without a vote.
  const own = person.visits.length === 0 ? [] : comments.filter((comment) => comment.pid === pid);
  const votes: VoteRow[] = own.map(({ tid, created }) => ({ pid, tid, vote: POSTGRES_VOTE.agree, created }));
  const answered = new Set(own.map(({ tid }) => tid));
  for (const { at, answers } of person.visits) {
    const open = comments.filter((comment) => isOpen(comment, at) && !answered.has(comment.tid));
    const changed = changedVotes(random, person, comments, votes, at);
    let created = at;
    const given = shuffled(random, open)
      .slice(0, answers)
      .map((comment) => {
        created += between(random, 4 * SECOND, 45 * SECOND);
        return { pid, tid: comment.tid, vote: answer(random, person, comment), created };
      });
    for (const { tid } of given) answered.add(tid);
    votes.push(...changed, ...given);
  }
  return votes;
}

/** A comment can be voted on from when it came in until a moderator rejects it, six hours later. */
function isOpen({ created, statement }: PlacedComment, at: number): boolean {
  return created < at && !(statement.rejected && at > created + 6 * HOUR);
}

/** Who comes back sometimes thinks again about up to three of the earlier answers. */
function changedVotes(
  random: Random,
  person: Person,
  comments: readonly PlacedComment[],
  votes: readonly VoteRow[],
  at: number,
): VoteRow[] {
  const earlier = currentVotes(votes.filter(({ created }) => created < at));
  if (random() > 0.6) return [];
  return shuffled(random, earlier)
    .slice(0, between(random, 1, 3))
    .flatMap(({ pid, tid, vote }, index) => {
      const comment = comments[tid];
      const second = comment === undefined ? vote : answer(random, person, comment);
      return second === vote ? [] : [{ pid, tid, vote: second, created: at + (index + 1) * SECOND }];
    });
}

/** Draws one answer: mostly as the person's group leans, the less so the weaker their conviction. */
function answer(random: Random, { gid, conviction, hesitation }: Person, { shares }: PlacedComment): PostgresVote {
  const town = {
    agree: mean(shares.map((share) => share.agree)),
    pass: mean(shares.map((share) => share.pass)),
  };
  const group = (gid === undefined ? undefined : shares[gid]) ?? town;
  const blend = (own: number, all: number) => conviction * own + (1 - conviction) * all;
  const pass = Math.min(0.8, blend(group.pass, town.pass) * hesitation);
  const agree = blend(group.agree, town.agree);
  const drawn = random();
  if (drawn < pass) return POSTGRES_VOTE.pass;
  // The passes come out of both answers alike, so that agreeing keeps its share of the rest.
  return random() < agree / (1 - blend(group.pass, town.pass)) ? POSTGRES_VOTE.agree : POSTGRES_VOTE.disagree;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}
