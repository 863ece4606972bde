import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { claimCode, readClaim } from '../../../lambdas/report/claims/claim.ts';
import { prove } from '../../../lambdas/report/claims/prove.ts';
import { LIES, type Lie, lieAbout } from '../../../stand-in/lies.ts';
import { type Narrative, readPrompt, writeNarrative } from '../../../stand-in/narrative.ts';
import { claimIn } from '../../../stand-in/texts.ts';
import { type MadeComment, RICH, sectionMessage, sections, talliesOf } from '../../support/section-prompt.ts';

type Clause = Narrative['paragraphs'][number]['sentences'][number]['clauses'][number];
const clausesOf = ({ paragraphs }: Narrative): Clause[] =>
  paragraphs.flatMap(({ sentences }) => sentences.flatMap(({ clauses }) => clauses));

/** The clauses that are wrong by the checker's proof: in what they claim, or in a text that says something else. */
function wrongClauses(
  comments: readonly MadeComment[],
  narrative: Narrative,
): (Clause & { wrong: 'votes' | 'text' })[] {
  const { groups } = readPrompt(sectionMessage(comments));
  const evidence = {
    groups: groups.map((group) => ({ ...group, size: 100 })),
    votes: new Map(comments.map((comment) => [comment.id, talliesOf(comment)])),
  };
  return clausesOf(narrative).flatMap((clause): (Clause & { wrong: 'votes' | 'text' })[] => {
    const claim = readClaim(clause.claim);
    const { verdict } = prove(claim, clause.citations, evidence);
    if (!claim || verdict === 'refuted' || verdict === 'untestable') return [{ ...clause, wrong: 'votes' }];
    const says = claimIn(clause.text, groups);
    return says && claimCode(says) === claimCode(claim) ? [] : [{ ...clause, wrong: 'text' }];
  });
}

const IN_THE_TEXT: readonly Lie[] = ['group_renamed_in_text', 'text_flipped', 'text_strengthened', 'all_content'];
/** Lies that are more than one false clause. */
const WHOLE_SECTION: readonly Lie[] = ['votes_turned', 'base_cluster_ids', 'all_content'];

describe('a lie', () => {
  test.each(LIES)('%s is told of a section with all there is, and makes it false', (lie) => {
    const { narrative, told } = lieAbout(readPrompt(sectionMessage(RICH)), lie);
    expect(told).toBe(true);
    const wrong = wrongClauses(RICH, narrative);
    expect(new Set(wrong.map((clause) => clause.wrong))).toEqual(
      new Set([IN_THE_TEXT.includes(lie) ? 'text' : 'votes']),
    );
    if (WHOLE_SECTION.includes(lie)) expect(wrong.length).toBeGreaterThan(2);
    else expect(wrong).toHaveLength(1);
  });

  test.each(LIES)('%s makes a clause false where it is told, and elsewhere the answer is the true one', (lie) => {
    fc.assert(
      fc.property(sections(5), (comments) => {
        const prompt = readPrompt(sectionMessage(comments));
        const { narrative, told } = lieAbout(prompt, lie);
        expect(wrongClauses(comments, narrative).length > 0).toBe(told);
        if (!told) expect(narrative).toEqual(writeNarrative(prompt));
        expect(lieAbout(prompt, lie)).toEqual({ narrative, told });
      }),
      { numRuns: 30 },
    );
  });

  test('a section without votes offers a way to no lie', () => {
    const prompt = readPrompt(sectionMessage([]));
    for (const lie of LIES) expect([lie, lieAbout(prompt, lie).told]).toEqual([lie, false]);
  });

  const first = (lie: Lie, comments = RICH) =>
    wrongClauses(comments, lieAbout(readPrompt(sectionMessage(comments)), lie).narrative)[0];

  test('the published fault says of every stance the opposite', () => {
    const codes = (narrative: Narrative) => clausesOf(narrative).map(({ claim }) => claim);
    const one = [
      {
        id: 1,
        groups: [
          [28, 1, 1],
          [4, 23, 3],
        ],
      },
    ] satisfies MadeComment[];
    const prompt = readPrompt(sectionMessage(one));
    expect(codes(writeNarrative(prompt))).toEqual(expect.arrayContaining(['M+ A', 'M- B', 'D+ A>B']));
    expect(codes(lieAbout(prompt, 'votes_turned').narrative)).toEqual(
      expect.arrayContaining(['M+ B', 'M- A', 'D+ B>A']),
    );
  });

  test('a group of which few have voted is added to claim and text', () => {
    const { text, claim } = first('thin_group_added') ?? {};
    expect(claim).toMatch(/[AB],C$/);
    expect(text).toContain('and Group C');
  });

  test('a contradiction is one sentence of two clauses about the same comments', () => {
    const { narrative } = lieAbout(readPrompt(sectionMessage(RICH)), 'contradictory');
    const [wrong] = wrongClauses(RICH, narrative);
    const sentence = narrative.paragraphs
      .flatMap(({ sentences }) => sentences)
      .find(({ clauses }) => clauses.some(({ text }) => text === wrong?.text));
    expect(sentence?.clauses.map(({ claim }) => claim)).toEqual(['N+', 'N-']);
    expect(sentence?.clauses[0]?.citations).toEqual(sentence?.clauses[1]?.citations);
  });

  test('what cannot be read as a claim is missing, of an unknown kind or of nobody', () => {
    expect(first('no_claim')).not.toHaveProperty('claim');
    expect(first('unknown_kind')?.claim).toMatch(/^X/);
    expect(first('unknown_group')?.claim).toMatch(/ Q$/);
  });
});
