import type { CommentRow } from '../conversation.ts';
import { LOOSE } from './comments-loose.ts';
import { between, mulberry32, type Random, shuffled } from './mulberry32.ts';
import { ORGANISER, type Person } from './people.ts';
import { LEANS, type Statement } from './statement.ts';
import { DAY, HOUR, LAST_MODERATION, MINUTE, PAPER_FORMS, START } from './times.ts';
import { FINE_TOPICS } from './topics.ts';

/** A statement that has come in: its id, author and time, its clusters, and the exact shares of each group. */
export interface PlacedComment {
  tid: number;
  pid: number;
  created: number;
  /** Layer 0 cluster, -1 = none. */
  fine: number;
  /** Layer 1 cluster, -1 = none. */
  coarse: number;
  /** For each group, by gid: share who agree and share who pass, 0 to 1. */
  shares: { agree: number; pass: number }[];
  statement: Statement;
}

type Sorted = { statement: Statement; fine: number; coarse: number };

/** All comments in the order in which they came in: the seeds, then the participants', then those nobody saw. */
export function placedComments(people: readonly Person[]): PlacedComment[] {
  const random = mulberry32(4813);
  const piles = [
    ...FINE_TOPICS.map(({ statements, coarse }, fine) => statements.map((one) => sorted(one, fine, coarse))),
    LOOSE.map((one) => sorted(one, -1, -1)),
  ];
  const everything = piles.flat();
  const seeds = everything.filter(({ statement }) => statement.seed);
  const spoken = interleaved(
    random,
    piles.map((pile) => pile.filter(isSpoken)),
  );
  const unseen = everything.filter(({ statement }) => statement.unseen);
  const moments = spoken.map(() => random() ** 1.5 * 19 * DAY).sort((a, b) => a - b);
  const created = [
    ...seeds.map((_, index) => START - 2 * DAY + index * 3 * MINUTE),
    ...moments.map((moment) => START + 3 * HOUR + Math.round(moment)),
    ...unseen.map((_, index) => PAPER_FORMS + index * 75 * MINUTE),
  ];
  return [...seeds, ...spoken, ...unseen].map((one, tid) => {
    const at = created[tid] ?? START;
    return {
      ...one,
      tid,
      created: at,
      pid: author(random, one.statement, at, people),
      shares: shares(random, one.statement),
    };
  });
}

/** The rows of Polis' `comments` table. */
export function commentRows(placed: readonly PlacedComment[]): CommentRow[] {
  return placed.map(({ tid, pid, created, statement }) => ({
    tid,
    pid,
    txt: statement.txt,
    mod: statement.rejected ? -1 : created > LAST_MODERATION ? 0 : 1,
    active: true,
    is_meta: statement.meta ?? false,
    is_seed: pid === ORGANISER,
    created,
  }));
}

function sorted(statement: Statement, fine: number, coarse: number): Sorted {
  return { statement, fine, coarse: statement.layer1 ?? coarse };
}

function isSpoken({ statement }: Sorted): boolean {
  return !statement.seed && !statement.unseen;
}

/** Merges the piles at random, each in its own order, so that an answer comes after what it answers. */
function interleaved<T>(random: Random, piles: readonly T[][]): T[] {
  const left = piles.map((pile) => [...pile]);
  const turns = shuffled(
    random,
    piles.flatMap((pile, index) => pile.map(() => index)),
  );
  return turns.flatMap((turn) => left[turn]?.splice(0, 1) ?? []);
}

/** Somebody of the group that likes the statement best, who has already come. */
function author(
  random: Random,
  { seed, unseen, leans }: Statement,
  created: number,
  people: readonly Person[],
): number {
  if (seed || unseen) return ORGANISER;
  const here = people.filter(({ gid, visits }) => gid !== undefined && (visits[0]?.at ?? created) < created);
  const likings: number[] = leans.map((lean) => LEANS[lean].agree);
  const fondest = likings.indexOf(Math.max(...likings));
  const peers = here.filter(({ gid }) => gid === fondest);
  const candidates = peers.length > 0 ? peers : here;
  return candidates[between(random, 0, candidates.length - 1)]?.pid ?? ORGANISER;
}

/** The shares that the words stand for, each moved a little, so that no two comments are liked exactly alike. */
function shares(random: Random, { leans }: Statement): PlacedComment['shares'] {
  return leans.map((lean) => ({
    agree: LEANS[lean].agree + 0.08 * (random() - 0.5),
    pass: LEANS[lean].pass + 0.04 * (random() - 0.5),
  }));
}
