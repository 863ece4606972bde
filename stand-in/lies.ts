import { type Claim, claimCode, type Stance } from '../lambdas/report/claims/claim.ts';
import { type Tally, tally } from '../lambdas/report/votes.ts';
import { type Draft, type DraftClause, draftClause, draftOf } from './draft.ts';
import { holds } from './holds.ts';
import { type Narrative, narrativeOf, type Prompt, type ShownComment } from './narrative.ts';
import { hash32, mulberry32, type Random, shuffled } from './random.ts';

/** What a narrative can get wrong: each makes at least one clause false, where the section offers a way. */
export const LIES = [
  /** agree for disagree, in claim and text */
  'stance_flipped',
  /** a claim of some groups told of others */
  'groups_swapped',
  /** all votes of the section read with the wrong sign, as once published */
  'votes_turned',
  /** ids of base clusters taken for participants: every group with the votes of another */
  'base_cluster_ids',
  'majority_made_consensus',
  /** a claim extended to a group of which too few have voted */
  'thin_group_added',
  /** one citation replaced by a comment drawn from the table */
  'random_citation',
  /** each citation replaced by the comment beside it in the table */
  'neighbour_citation',
  /** a majority made nearly everyone, or a minority a majority, in claim and text */
  'quantity_raised',
  /** the text names another group than the claim */
  'group_renamed_in_text',
  /** the text takes the other side than the claim */
  'text_flipped',
  /** the text says more people than the claim */
  'text_strengthened',
  'no_claim',
  'unknown_kind',
  'unknown_group',
  /** the texts take sides, and every claim is that they take none */
  'all_content',
  /** a sentence that says one thing and its opposite */
  'contradictory',
] as const;
export type Lie = (typeof LIES)[number];

/**
 * A narrative of one section with that lie in it.
 * @returns told: false where the section offers no way to it, and the narrative is true
 */
export function lieAbout(prompt: Prompt, lie: Lie): { narrative: Narrative; told: boolean } {
  const draft = draftOf(prompt);
  const lied = LIARS[lie](draft, tableOf(prompt));
  return { narrative: narrativeOf(lied ?? draft, prompt), told: lied !== undefined };
}

/** The table of a section, as liars look at it. */
interface Table {
  prompt: Prompt;
  letters: string[];
  ids: number[];
  random: Random;
  /** whether the votes on every comment cited bear a claim out */
  isTrue: (claim: Claim, citations: readonly number[]) => boolean;
}

function tableOf(prompt: Prompt): Table {
  const letters = prompt.groups.map(({ letter }) => letter);
  const byId = new Map(prompt.comments.map((comment) => [comment.id, comment]));
  return {
    prompt,
    letters,
    ids: [...byId.keys()],
    random: mulberry32(hash32(`${prompt.section} ${prompt.comments.length}`)),
    isTrue: (claim, citations) => citations.every((id) => holds(claim, byId.get(id) as ShownComment, letters)),
  };
}

/** The draft with a lie in it; undefined where there is no way to tell it. */
type Liar = (draft: Draft, table: Table) => Draft | undefined;

/** Ways to turn one clause into a lie, the best first; each is false. */
type ClauseLiar = (clause: DraftClause, table: Table) => DraftClause[];

/** A lie in the first clause that offers a way to it. */
const inOneClause =
  (liar: ClauseLiar): Liar =>
  (draft, table) =>
    replacedOnce(draft, (clauses) => {
      for (const [at, clause] of clauses.entries()) {
        const lie = liar(clause, table)[0];
        if (lie) return clauses.with(at, lie);
      }
      return undefined;
    });

/** The draft with the first sentence replaced for which there is another one. */
function replacedOnce(draft: Draft, replace: (clauses: DraftClause[]) => DraftClause[] | undefined): Draft | undefined {
  const lied = structuredClone(draft);
  for (const { sentences } of lied)
    for (const sentence of sentences) {
      const clauses = replace(sentence.clauses);
      if (!clauses) continue;
      sentence.clauses = clauses;
      return lied;
    }
  return undefined;
}

/** A false claim in place of a true one, with a text that says the same. */
const falseClaims =
  (ways: (claim: Claim, citations: number[], table: Table) => (Claim | undefined)[]): ClauseLiar =>
  ({ says, citations }, table) =>
    ways(says, citations, table)
      .filter((claim) => claim !== undefined)
      .filter((claim) => !table.isTrue(claim, citations))
      .map((claim) => draftClause(claim, citations));

/** A text that says something false under a true claim. */
const otherTexts =
  (ways: (claim: Claim, table: Table) => (Claim | undefined)[]): ClauseLiar =>
  (clause, table) =>
    ways(clause.says, table)
      .filter((says) => says !== undefined)
      .filter((says) => !table.isTrue(says, clause.citations))
      .map((says) => ({ ...clause, says }));

/** A true text with citations that do not bear it out. */
const otherCitations =
  (ways: (citations: number[], table: Table) => number[][]): ClauseLiar =>
  (clause, table) =>
    ways(clause.citations, table)
      .filter((citations) => !table.isTrue(clause.says, citations))
      .map((citations) => ({ ...clause, citations }));

/** A true text with a code that is no claim, or one of nobody. */
const otherCode =
  (way: (claim: Claim, table: Table) => string | undefined): ClauseLiar =>
  (clause, table) =>
    clause.says.kind === 'content' ? [] : [{ ...clause, code: way(clause.says, table) }];

/** The section written from other tallies than those in its table; false clauses in it stay where the true ones would stand. */
const fromTallies =
  (turn: (comment: ShownComment) => ShownComment): Liar =>
  (_, { prompt, isTrue }) => {
    const draft = draftOf({ ...prompt, comments: prompt.comments.map(turn) });
    const clauses = draft.flatMap(({ sentences }) => sentences.flatMap((sentence) => sentence.clauses));
    return clauses.some(({ says, citations }) => !isTrue(says, citations)) ? draft : undefined;
  };

const LIARS: Record<Lie, Liar> = {
  stance_flipped: inOneClause(falseClaims((claim) => [flipped(claim)])),
  groups_swapped: inOneClause(falseClaims(swapped)),
  votes_turned: fromTallies(({ all, groups, ...comment }) => ({
    ...comment,
    all: turned(all),
    groups: groups.map((votes) => ({ ...votes, ...turned(votes) })),
  })),
  base_cluster_ids: fromTallies(({ groups, ...comment }) => ({
    ...comment,
    groups: groups.map(({ group }, at) => ({ ...(groups[(at + 1) % groups.length] as Tally), group })),
  })),
  majority_made_consensus: inOneClause(
    falseClaims((claim) =>
      (claim.kind === 'majority' || claim.kind === 'near_unanimous') && !claim.groups
        ? [{ kind: 'consensus', stance: claim.stance }]
        : [],
    ),
  ),
  thin_group_added: inOneClause(falseClaims(withThinGroup)),
  random_citation: inOneClause(
    otherCitations((citations, { ids, random }) =>
      shuffled(random, ids)
        .filter((id) => !citations.includes(id))
        .map((id) => [...citations.slice(0, -1), id]),
    ),
  ),
  neighbour_citation: inOneClause(
    otherCitations((citations, { ids }) =>
      [1, ids.length - 1].map((step) => citations.map((id) => ids[(ids.indexOf(id) + step) % ids.length] as number)),
    ),
  ),
  quantity_raised: inOneClause(falseClaims((claim) => [raised(claim)])),
  group_renamed_in_text: inOneClause(otherTexts(renamed)),
  text_flipped: inOneClause(otherTexts((claim) => [flipped(claim)])),
  text_strengthened: inOneClause(otherTexts((claim) => [raised(claim)])),
  no_claim: inOneClause(otherCode(() => undefined)),
  unknown_kind: inOneClause(otherCode((claim) => claimCode(claim).replace(/^./, 'X'))),
  unknown_group: inOneClause(falseClaims(ofNobody)),
  all_content: (draft) => {
    const clauses = draft.flatMap(({ sentences }) => sentences.flatMap((sentence) => sentence.clauses));
    if (clauses.every(({ says }) => says.kind === 'content')) return undefined;
    const lied = structuredClone(draft);
    for (const { sentences } of lied) for (const { clauses } of sentences) for (const one of clauses) one.code = 'c';
    return lied;
  },
  contradictory: (draft, { isTrue }) =>
    replacedOnce(draft, ([clause, second]) => {
      const opposite = clause && flipped(clause.says);
      if (!clause || !opposite || second || isTrue(opposite, clause.citations)) return undefined;
      return [clause, draftClause(opposite, clause.citations)];
    }),
};

const OPPOSITE: Record<Stance, Stance> = { agree: 'disagree', disagree: 'agree' };
const flipped = (claim: Claim): Claim | undefined =>
  'stance' in claim ? { ...claim, stance: OPPOSITE[claim.stance] } : undefined;

const turned = ({ agrees, disagrees, passes }: Tally): Tally => tally(disagrees, agrees, passes);

/** The same said of every other group; of a difference, the other way round. */
function swapped(claim: Claim, _: unknown, { letters }: Table): Claim[] {
  if (claim.kind === 'difference') return [{ ...claim, groups: claim.than, than: claim.groups }];
  const groups = groupsOf(claim);
  return letters.filter((letter) => groups && !groups.includes(letter)).map((one) => ofGroups(claim, [one]));
}

/** The same said of one group more, of which too few have voted on a comment cited. */
function withThinGroup(claim: Claim, citations: number[], { letters, isTrue }: Table): Claim[] {
  const groups = groupsOf(claim);
  if (!groups || claim.kind === 'thin') return [];
  const than = claim.kind === 'difference' ? claim.than : [];
  const isThin = (letter: string) => citations.some((id) => isTrue({ kind: 'thin', groups: [letter] }, [id]));
  return letters
    .filter((letter) => ![...groups, ...than].includes(letter) && isThin(letter))
    .map((letter) =>
      claim.kind === 'difference'
        ? { ...claim, than: [...claim.than, letter] }
        : ofGroups(
            claim,
            [...groups, letter].toSorted((a, b) => letters.indexOf(a) - letters.indexOf(b)),
          ),
    );
}

/** The same of another group that the claim does not name. */
function renamed(claim: Claim, { letters }: Table): Claim[] {
  const groups = groupsOf(claim);
  if (!groups) return [];
  const named = [...groups, ...(claim.kind === 'difference' ? claim.than : [])];
  return letters
    .filter((letter) => !named.includes(letter))
    .map((letter) => ofGroups(claim, [letter, ...groups.slice(1)]));
}

/** The same of a group that does not exist. */
function ofNobody(claim: Claim, _: unknown, { letters }: Table): Claim[] {
  const nobody = ['Q', 'X', 'Z'].find((letter) => !letters.includes(letter)) ?? '999';
  return claim.kind === 'content' || claim.kind === 'consensus' ? [] : [ofGroups(claim, [nobody])];
}

/** The next larger quantity. */
function raised(claim: Claim): Claim | undefined {
  if (claim.kind === 'majority') return { ...claim, kind: 'near_unanimous' };
  if (claim.kind === 'minority') return { ...claim, kind: 'majority' };
  return undefined;
}

const groupsOf = (claim: Claim): string[] | undefined => ('groups' in claim ? claim.groups : undefined);
const ofGroups = (claim: Claim, groups: string[]): Claim => ({ ...claim, groups }) as Claim;
