import { type Claim, claimCode } from '../../lambdas/report/claims/claim.ts';
import { between, type Random } from '../../stand-in/random.ts';
import type { Conversation, VotedOn } from './claims-conversations.ts';
import { type Counts, countsOf } from './claims-oracle.ts';
import { type Statement, trueClaims, trueStatements } from './claims-true.ts';

/** Ways to make a true statement false, by its claim or its citations; the text would say the same. */
export const VOTE_MUTANTS = {
  stance: 'stance flipped',
  groups: 'groups swapped',
  turned: 'all votes turned',
  bases: 'base-cluster ids taken for participants',
  consensus: 'majority made consensus',
  thin: 'thin group added',
  random: 'a random citation',
  neighbour: 'a neighbouring citation',
  quantity: 'quantity raised',
} as const;
export type VoteMutant = keyof typeof VOTE_MUTANTS;

type Change = (statement: Statement, voted: VotedOn, random: Random) => Statement[];

/** Each gives no statement where it changes nothing. Some of what they give is true. */
const CHANGES: Record<Exclude<VoteMutant, 'turned' | 'bases'>, Change> = {
  stance: ({ claim, tids }) =>
    'stance' in claim ? [{ claim: { ...claim, stance: claim.stance === 'agree' ? 'disagree' : 'agree' }, tids }] : [],
  groups: ({ claim, tids }, { letters }) => swapped(claim, letters).map((other) => ({ claim: other, tids })),
  consensus: ({ claim, tids }) =>
    claim.kind === 'majority' ? [{ claim: { kind: 'consensus', stance: claim.stance }, tids }] : [],
  thin: ({ claim, tids }, voted) => withThinGroup(claim, tids, voted).map((other) => ({ claim: other, tids })),
  random: (statement, { tids }, random) =>
    citingInstead(statement, tids, () => between(random, 0, tids.length - 1), random),
  neighbour: (statement, { tids }, random) => citingInstead(statement, tids, (at) => at + 1, random),
  quantity: ({ claim, tids }) => raised(claim).map((other) => ({ claim: other, tids })),
};

/** Every mutant of one kind, each once. The true statements that it is made from are `statements`, or those of wrong counts. */
export function mutantsOf(
  kind: VoteMutant,
  conversation: Conversation,
  statements: readonly Statement[],
  random: Random,
): Statement[] {
  const made =
    kind === 'turned' || kind === 'bases'
      ? trueStatements(trueClaims(kind === 'turned' ? conversation.turned : conversation.basesAsPids), random)
      : statements.flatMap((statement) => CHANGES[kind](statement, conversation, random));
  return [...new Map(made.map((one) => [`${claimCode(one.claim)} ${one.tids.toSorted()}`, one])).values()];
}

/** The sides of a comparison exchanged; of another claim, one group exchanged for each group that it does not name. */
function swapped(claim: Claim, letters: readonly string[]): Claim[] {
  if (claim.kind === 'difference') return [{ ...claim, groups: claim.than, than: claim.groups }];
  if (!('groups' in claim) || !claim.groups) return [];
  const [, ...kept] = claim.groups;
  return letters
    .filter((letter) => !claim.groups?.includes(letter))
    .map((letter) => ({ ...claim, groups: [letter, ...kept] }));
}

/** The same of one more group, of whom fewer than 10 voted on one of the comments. */
function withThinGroup(claim: Claim, tids: readonly number[], { letters, votes }: VotedOn): Claim[] {
  if (claim.kind === 'thin' || !('groups' in claim) || !claim.groups) return [];
  const named = [...claim.groups, ...('than' in claim ? claim.than : [])];
  const few = ([agrees, disagrees, passes]: Counts) => agrees + disagrees + passes < 10;
  return letters
    .filter((letter) => !named.includes(letter) && tids.some((tid) => few(countsOf(votes, tid, letter))))
    .map((letter) => ({ ...claim, groups: [...(claim.groups ?? []), letter] }));
}

/** One citation, drawn at random, exchanged for another comment of the conversation. */
function citingInstead(
  { claim, tids }: Statement,
  all: readonly number[],
  other: (at: number) => number,
  random: Random,
): Statement[] {
  const at = between(random, 0, tids.length - 1);
  const tid = all[other(all.indexOf(tids[at] as number))];
  return tid === undefined || tids.includes(tid) ? [] : [{ claim, tids: tids.with(at, tid) }];
}

const RAISED: Partial<Record<Claim['kind'], ('majority' | 'near_unanimous')[]>> = {
  minority: ['majority', 'near_unanimous'],
  majority: ['near_unanimous'],
};

function raised(claim: Claim): Claim[] {
  if (claim.kind !== 'minority' && claim.kind !== 'majority') return [];
  return (RAISED[claim.kind] ?? []).map((kind) => ({ ...claim, kind }));
}
