import { MIN_VOTES } from '../claims/prove.ts';
import { newcombeLow, wilson, Z_95_TWO_SIDED } from '../claims/statistics.ts';
import { type Counts, clausesOf, type PageComment, type PageData } from './data.ts';
import { shareOf, votesOf } from './shares.ts';

/** A comment that a proven claim is about, with the numbers that make it worth telling first. */
export interface Finding {
  comment: PageComment & { votes: Counts[] };
  /** address of the clause that claims it */
  clause: string;
  shows:
    | { what: 'consensus'; stance: Stance; low: number; high: number }
    | { what: 'difference'; stance: Stance; first: string; second: string; share: number; other: number }
    | { what: 'uncertain'; group?: string; share: number }
    | { what: 'divided'; group?: string; agree: number; disagree: number };
}
type Stance = 'agree' | 'disagree';

export interface Summary {
  consensus: Finding[];
  differences: Finding[];
  doubts: Finding[];
  /** whether any claim that compares or counts votes is proven */
  anything: boolean;
}

const TOLD = 3;

const sideOf = (counts: Counts, stance: Stance): number => counts[stance === 'agree' ? 0 : 1];

type Ranked = Finding & { strength: number };

/**
 * The strongest of what the proven claims say, by the bounds that their proofs rest on: a comment that many voted on comes before one
 * with the same shares and fewer votes. A comment is told once in each list; those without a text are left out.
 */
export function summaryOf(data: PageData): Summary {
  const comments = new Map(data.comments.map((comment) => [comment.tid, comment]));
  const found: Ranked[] = [];
  const proven = clausesOf(data).filter(({ clause }) => clause.standing === 'proven');
  for (const { id, clause } of proven)
    for (const tid of clause.citations) {
      const comment = comments.get(tid);
      if (clause.claim && comment?.votes && !comment.hidden)
        found.push(...findings(clause.claim, comment as Finding['comment'], id, data));
    }
  const top = (...kinds: Finding['shows']['what'][]) =>
    strongest(found.filter(({ shows }) => kinds.includes(shows.what)));
  return {
    consensus: top('consensus'),
    differences: top('difference'),
    doubts: top('uncertain', 'divided'),
    anything: proven.length > 0,
  };
}

type Claim = NonNullable<ReturnType<typeof clausesOf>[number]['clause']['claim']>;

function findings(claim: Claim, comment: Finding['comment'], clause: string, { groups }: PageData): Ranked[] {
  const [all, ...own] = comment.votes;
  if (!all) return [];
  const columnOf = (letter: string): Counts => own[groups.findIndex((group) => group.letter === letter)] ?? [0, 0, 0];
  const about = { comment, clause };
  switch (claim.kind) {
    case 'consensus': {
      const shares = own.map((counts) => shareOf(counts, claim.stance));
      const strength = Math.min(
        ...own.map((counts) => wilson(sideOf(counts, claim.stance), votesOf(counts), Z_95_TWO_SIDED).low),
      );
      const shows = {
        what: 'consensus' as const,
        stance: claim.stance,
        low: Math.min(...shares),
        high: Math.max(...shares),
      };
      return [{ ...about, shows, strength }];
    }
    case 'difference':
      return claim.groups.flatMap((first) =>
        claim.than.map((second): Ranked => {
          const [a, b] = [columnOf(first), columnOf(second)];
          const strength = newcombeLow(
            sideOf(a, claim.stance),
            votesOf(a),
            sideOf(b, claim.stance),
            votesOf(b),
            Z_95_TWO_SIDED,
          );
          const [share, other] = [shareOf(a, claim.stance), shareOf(b, claim.stance)];
          return {
            ...about,
            shows: { what: 'difference', stance: claim.stance, first, second, share, other },
            strength,
          };
        }),
      );
    case 'uncertain':
      return scopes(claim.groups).map((group): Ranked => {
        const counts = group === undefined ? all : columnOf(group);
        const strength = wilson(counts[2], votesOf(counts), Z_95_TWO_SIDED).low;
        return {
          ...about,
          shows: { what: 'uncertain', ...(group ? { group } : {}), share: shareOf(counts, 'pass') },
          strength,
        };
      });
    case 'divided':
      return scopes(claim.groups).map((group): Ranked => {
        const counts = group === undefined ? all : columnOf(group);
        const [agree, disagree] = [shareOf(counts, 'agree'), shareOf(counts, 'disagree')];
        // as strong as a share of passes that is half as large as the smaller side
        const strength = wilson(Math.min(counts[0], counts[1]), votesOf(counts), Z_95_TWO_SIDED).low / 2;
        return { ...about, shows: { what: 'divided', ...(group ? { group } : {}), agree, disagree }, strength };
      });
    default:
      return [];
  }
}

/** Everyone, or each of the groups. */
const scopes = (groups: string[] | undefined): (string | undefined)[] => groups ?? [undefined];

function strongest(found: readonly Ranked[]): Finding[] {
  const seen = new Set<number>();
  return found
    .toSorted((a, b) => b.strength - a.strength || a.comment.tid - b.comment.tid)
    .filter(({ comment }) => !seen.has(comment.tid) && seen.add(comment.tid))
    .slice(0, TOLD)
    .map(({ strength: _, ...finding }) => finding);
}

/** A comment on which a group votes otherwise than the people of all other groups together. */
export interface SetsApart {
  comment: PageComment & { votes: Counts[] };
  stance: Stance;
  share: number;
  /** of the people of all other groups */
  others: number;
}

/** The comments that set a group apart most: the lower bound of the difference to all other groups together is above zero. */
export function setsApart({ comments, groups }: PageData, letter: string): SetsApart[] {
  const at = groups.findIndex((group) => group.letter === letter);
  const found = comments.flatMap((comment) => {
    const own = comment.votes?.[at + 1];
    if (!own || comment.hidden || votesOf(own) < MIN_VOTES) return [];
    const rest = (comment.votes ?? []).slice(1).filter((_, other) => other !== at);
    const others = rest.reduce<Counts>((sum, counts) => sum.map((n, i) => n + (counts[i] ?? 0)) as Counts, [0, 0, 0]);
    if (votesOf(others) < MIN_VOTES) return [];
    return (['agree', 'disagree'] as const).map((stance) => ({
      comment: comment as SetsApart['comment'],
      stance,
      share: shareOf(own, stance),
      others: shareOf(others, stance),
      low: newcombeLow(sideOf(own, stance), votesOf(own), sideOf(others, stance), votesOf(others), Z_95_TWO_SIDED),
    }));
  });
  const seen = new Set<number>();
  return found
    .filter(({ low }) => low > 0)
    .toSorted((a, b) => b.low - a.low || a.comment.tid - b.comment.tid)
    .filter(({ comment }) => !seen.has(comment.tid) && seen.add(comment.tid))
    .slice(0, TOLD)
    .map(({ low: _, ...apart }) => apart);
}
