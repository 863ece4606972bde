import { between, mulberry32, type Random, shuffled } from './mulberry32.ts';
import { GROUPS } from './statement.ts';
import { DAY, START, VOTING_ENDS } from './times.ts';

/** A participant of the sample, with all that their votes follow from. */
export interface Person {
  pid: number;
  /** The opinion group they belong to; absent: voted too little to be placed. */
  gid: number | undefined;
  /** How firmly they hold their group's view rather than the town's average, 0 to 1. */
  conviction: number;
  /** How readily they pass, as a factor. */
  hesitation: number;
  /** Each time they opened the survey: when (ms), and how many comments they were ready to answer. */
  visits: { at: number; answers: number }[];
}

/** The organisers' own account: writes the seed comments, never votes. */
export const ORGANISER = 0;

const GROUP_SIZES = [158, 136, 98] as const;
const FLEETING = 12;

/** Everybody, in the order in which they first came; pid 0 is the organisers. */
export function samplePeople(): Person[] {
  const random = mulberry32(1790);
  const allegiances = shuffled(random, [
    ...GROUPS.flatMap(({ gid }) => Array<number | undefined>(GROUP_SIZES[gid]).fill(gid)),
    ...Array<undefined>(FLEETING).fill(undefined),
  ]);
  // The exponent crowds arrivals into the first days, as a launch in the local paper does.
  const arrivals = allegiances.map(() => random() ** 1.5 * 20 * DAY).sort((a, b) => a - b);
  const voters = allegiances.map((gid, index) => {
    const arrival = START + Math.round(arrivals[index] ?? 0);
    return person(random, index + 1, gid, arrival);
  });
  return [{ pid: ORGANISER, gid: undefined, conviction: 0, hesitation: 1, visits: [] }, ...voters];
}

function person(random: Random, pid: number, gid: number | undefined, arrival: number): Person {
  const visits = gid === undefined ? [{ at: arrival, answers: between(random, 1, 5) }] : regularVisits(random, arrival);
  return { pid, gid, conviction: 0.7 + 0.3 * random(), hesitation: 0.5 + random(), visits };
}

/** One to three visits, some days apart; the first is long enough (7 answers or more) to be placed in a group. */
function regularVisits(random: Random, arrival: number): Person['visits'] {
  const visits = [{ at: arrival, answers: between(random, 8, 60) }];
  const times = random() < 0.5 ? 1 : random() < 0.65 ? 2 : 3;
  for (let at = arrival; visits.length < times; ) {
    at += Math.round((1 + 5 * random()) * DAY);
    if (at > VOTING_ENDS - DAY / 12) break;
    visits.push({ at, answers: between(random, 5, 45) });
  }
  return visits;
}
