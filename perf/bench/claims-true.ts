import { type Claim, claimCode, STANCES } from '../../lambdas/report/claims/claim.ts';
import { type Random, shuffled } from '../../stand-in/random.ts';
import type { VotedOn } from './claims-conversations.ts';
import { judge, type OracleVerdict } from './claims-oracle.ts';

/** What a clause could claim, and the comments that it would cite. */
export interface Statement {
  claim: Claim;
  tids: number[];
}

const HOLDS: ReadonlySet<OracleVerdict> = new Set(['proven', 'thin', 'content']);

/** Whether the oracle finds a statement true. */
export const isTrue = ({ claim, tids }: Statement, { letters, votes }: VotedOn): boolean =>
  HOLDS.has(judge(claim, tids, letters, votes));

/** Claims by code, each with the comments of which it holds one by one. */
export type Holders = ReadonlyMap<string, Statement>;

/** Asks the oracle every claim but `content` about every comment: each scope, each pair of groups, each comparison. */
export function trueClaims(voted: VotedOn): Holders {
  return new Map(
    allClaims(voted.letters).map((claim) => [
      claimCode(claim),
      { claim, tids: voted.tids.filter((tid) => isTrue({ claim, tids: [tid] }, voted)) },
    ]),
  );
}

/** True statements: every claim about every single comment, and then about sets of two, three and four of its comments. */
export function trueStatements(holders: Holders, random: Random): Statement[] {
  return [...holders.values()].flatMap(({ claim, tids }) => [
    ...tids.map((tid) => ({ claim, tids: [tid] })),
    ...setsOf(shuffled(random, tids)).map((set) => ({ claim, tids: set })),
  ]);
}

/** Cut into sets of two, three, four, two … ; what is left over at the end is left out. */
function setsOf(tids: readonly number[]): number[][] {
  const sets: number[][] = [];
  for (let from = 0, size = 2; from + size <= tids.length; size = size === 4 ? 2 : size + 1) {
    sets.push(tids.slice(from, from + size));
    from += sets.at(-1)?.length ?? 0;
  }
  return sets;
}

/** Every claim that can be made in a conversation with these groups. */
function allClaims(letters: readonly string[]): Claim[] {
  const pairs = letters.flatMap((first, at) => letters.slice(at + 1).map((second) => [first, second]));
  const scopes = [undefined, ...letters.map((letter) => [letter]), ...pairs];
  return [
    ...scopes.flatMap((groups): Claim[] => [
      ...(['majority', 'near_unanimous', 'minority'] as const).flatMap((kind) =>
        STANCES.map((stance) => ({ kind, stance, ...(groups && { groups }) })),
      ),
      ...(['divided', 'uncertain', 'thin'] as const).map((kind) => ({ kind, ...(groups && { groups }) })),
    ]),
    ...STANCES.flatMap((stance): Claim[] => [
      { kind: 'consensus', stance },
      ...comparisons(letters, pairs).map(([groups, than]): Claim => ({ kind: 'difference', stance, groups, than })),
    ]),
  ];
}

/** One group against one, one against two, and two against one. */
function comparisons(letters: readonly string[], pairs: readonly string[][]): [string[], string[]][] {
  const others = (pair: readonly string[]) => letters.filter((letter) => !pair.includes(letter));
  return [
    ...pairs.flatMap(([first = '', second = '']): [string[], string[]][] => [
      [[first], [second]],
      [[second], [first]],
    ]),
    ...pairs.flatMap((pair) =>
      others(pair).flatMap((letter): [string[], string[]][] => [
        [[letter], pair],
        [pair, [letter]],
      ]),
    ),
  ];
}
