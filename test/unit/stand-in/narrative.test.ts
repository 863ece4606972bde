import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ClaimKind, KIND_CODES, readClaim } from '../../../lambdas/report/claims/claim.ts';
import { prove, strongestClaims } from '../../../lambdas/report/claims/prove.ts';
import { type Narrative, readPrompt, writeNarrative } from '../../../stand-in/narrative.ts';
import { claimIn } from '../../../stand-in/texts.ts';
import {
  lettersOf,
  type MadeComment,
  RICH,
  sectionMessage,
  sections,
  talliesOf,
} from '../../support/section-prompt.ts';
import { citationsOf, message } from '../../support/stand-in.ts';

const write = (comments: readonly MadeComment[], labels?: string[]) =>
  writeNarrative(readPrompt(sectionMessage(comments, labels ? { labels } : {})));
type Clause = Narrative['paragraphs'][number]['sentences'][number]['clauses'][number];
const clausesOf = ({ paragraphs }: Narrative): Clause[] =>
  paragraphs.flatMap(({ sentences }) => sentences.flatMap(({ clauses }) => clauses));
const textsOf = (narrative: Narrative) => clausesOf(narrative).map(({ text }) => text);
const kindOf = ({ claim }: Clause): ClaimKind | undefined => readClaim(claim)?.kind;

/** The kinds that the table of a section names for the model. */
function kindsIn(comments: readonly MadeComment[]): Set<ClaimKind> {
  const codes = comments.flatMap((comment) => strongestClaims(talliesOf(comment), lettersOf(comment.groups.length)));
  // letters of groups stand after a kind and its sign, and before or after a >
  const kinds = codes.join(' ').replace(/([+-])[A-Z]>[A-Z,]+/g, '$1');
  const known = Object.keys(KIND_CODES) as ClaimKind[];
  return new Set(known.filter((kind) => kinds.includes(KIND_CODES[kind])));
}

describe('reading the prompt', () => {
  test('texts may hold the separator and digits, and the header names the groups', () => {
    const header =
      'id | all: votes agrees disagrees passes | A: votes agrees disagrees passes | 27: votes agrees disagrees passes | text';
    const rows = ['4|9 1 2 6|5 1 1 3|4 0 1 3|1 2 3 4|really | yes', '5|0 0 0 0|0 0 0 0|0 0 0 0|'];
    expect(readPrompt(message('Parks', rows, header))).toEqual({
      section: 'Parks',
      groups: [
        { letter: 'A', label: 'Group A' },
        { letter: '27', label: 'Group 27' },
      ],
      comments: [
        {
          id: 4,
          text: '1 2 3 4|really | yes',
          all: { votes: 9, agrees: 1, disagrees: 2, passes: 6 },
          groups: [
            { group: 'Group A', votes: 5, agrees: 1, disagrees: 1, passes: 3 },
            { group: 'Group 27', votes: 4, agrees: 0, disagrees: 1, passes: 3 },
          ],
        },
        expect.objectContaining({ id: 5, text: '' }),
      ],
    });
  });

  test('a table with codes of claims is read as the same table without them', () => {
    fc.assert(
      fc.property(sections(6), (comments) => {
        expect(readPrompt(sectionMessage(comments))).toEqual(readPrompt(sectionMessage(comments, { claims: false })));
      }),
    );
    expect(sectionMessage(RICH)).toMatch(/^7\|62 33 25 4 S D\+A>B\|30 28 1 1 N\+\|30 4 23 3 M-\|2 1 1 0 t\|/m);
  });

  test('a group has the label that the prompt gives it, whatever that is', () => {
    const labels = ['all', 'B = Drivers (12 participants)', 'Group A'];
    expect(readPrompt(sectionMessage(RICH, { labels })).groups.map(({ label }) => label)).toEqual(labels);
  });

  test('a section name inside a comment is not the section', () => {
    const { section } = readPrompt(message('Parks', ['1|1 1 0 0|1 1 0 0|0 0 0 0|Section: forged']));
    expect(section).toBe('Parks');
  });

  test('a message without a table is answered with a narrative without paragraphs', () => {
    expect(writeNarrative(readPrompt('Hello'))).toEqual({
      id: expect.any(String),
      title: expect.any(String),
      paragraphs: [],
    });
  });
});

describe('the narrative', () => {
  /** Sections of up to as many comments as a prompt holds. */
  const anySection = fc.oneof(sections(12), sections(12), sections(100));

  test('the checker proves every claim, and every text says what its clause claims', () => {
    fc.assert(
      fc.property(anySection, (comments) => {
        const { groups } = readPrompt(sectionMessage(comments));
        const evidence = {
          groups: groups.map((group) => ({ ...group, size: 100 })),
          votes: new Map(comments.map((comment) => [comment.id, talliesOf(comment)])),
        };
        for (const { text, claim, citations } of clausesOf(write(comments))) {
          expect(prove(readClaim(claim), citations, evidence)).toMatchObject({
            verdict: expect.stringMatching(/^(proven|content|thin)$/),
          });
          expect(claimIn(text, groups)).toEqual(readClaim(claim));
        }
      }),
      { numRuns: 40 },
    );
  });

  test('every kind of claim that the table offers is made', () => {
    fc.assert(
      fc.property(anySection, (comments) => {
        const made = new Set(clausesOf(write(comments)).map(kindOf));
        expect([...kindsIn(comments)].filter((kind) => !made.has(kind))).toEqual([]);
      }),
      { numRuns: 40 },
    );
    expect(new Set(clausesOf(write(RICH)).map(kindOf))).toEqual(new Set(Object.keys(KIND_CODES)));
  });

  test('every comment is cited, in clauses with 1 to 10 different citations', () => {
    fc.assert(
      fc.property(anySection, (comments) => {
        const narrative = write(comments);
        expect(new Set(citationsOf(narrative))).toEqual(new Set(comments.map(({ id }) => id)));
        for (const { citations } of clausesOf(narrative)) {
          expect(citations.length).toBeGreaterThanOrEqual(1);
          expect(citations.length).toBeLessThanOrEqual(10);
          expect(new Set(citations).size).toBe(citations.length);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('a section of a hundred comments has three to seven paragraphs and at most forty clauses', () => {
    fc.assert(
      fc.property(sections(100, 60), (comments) => {
        const narrative = write(comments);
        expect(clausesOf(narrative).length).toBeLessThanOrEqual(40);
        expect(narrative.paragraphs.length).toBeGreaterThanOrEqual(3);
        expect(narrative.paragraphs.length).toBeLessThanOrEqual(7);
      }),
      { numRuns: 15 },
    );
  });

  test('each sentence begins with a capital letter, ends with a full stop, and differs from the one before', () => {
    fc.assert(
      fc.property(anySection, (comments) => {
        for (const { sentences } of write(comments).paragraphs) {
          const texts = sentences.map(({ clauses }) => clauses.map(({ text }) => text).join(' '));
          for (const [at, text] of texts.entries()) {
            expect(text).toMatch(/^[A-Z][^.]*\.$/);
            expect(text).not.toBe(texts[at - 1]);
            expect(text).not.toMatch(/[\d%{}|]/);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  test('the same prompt gives the same narrative', () => {
    expect(write(RICH)).toEqual(write(RICH));
  });

  test('groups on opposite sides share a sentence with a clause for each', () => {
    const [paragraph] = write(RICH).paragraphs.filter(({ id }) => id === 'differences');
    const [sentence] = (paragraph?.sentences ?? []).filter(({ clauses }) => clauses.length === 2);
    expect(sentence?.clauses.map(({ claim, citations }) => [claim, citations])).toEqual([
      ['M+ A', [7]],
      ['M- B', [7]],
    ]);
    expect(sentence?.clauses.map(({ text }) => text).join(' ')).toMatch(/Group A.*, (while|but) .*Group B.*\.$/);
  });

  test('exchanging the votes of the groups exchanges the groups', () => {
    const codes = (groups: MadeComment['groups']) => clausesOf(write([{ id: 1, groups }])).map(({ claim }) => claim);
    expect(
      codes([
        [28, 1, 1],
        [4, 23, 3],
      ]),
    ).toEqual(expect.arrayContaining(['M+ A', 'M- B', 'D+ A>B']));
    expect(
      codes([
        [4, 23, 3],
        [28, 1, 1],
      ]),
    ).toEqual(expect.arrayContaining(['M+ B', 'M- A', 'D+ B>A']));
  });

  test('groups are named by their labels', () => {
    const labels = ['Drivers', 'all', 'Group A'];
    const texts = textsOf(write(RICH, labels)).join(' ');
    for (const label of labels) expect(texts).toContain(label);
    expect(texts).not.toMatch(/Group [BC]/);
  });

  test('the overview tells what there is, and neither sides nor groups', () => {
    const [overview] = write(RICH).paragraphs;
    expect(overview).toMatchObject({ id: 'overview', sentences: [{ clauses: [{ claim: 'c' }] }] });
  });

  test('of comments on which few have voted it says only that', () => {
    const few: MadeComment[] = [
      {
        id: 1,
        groups: [
          [1, 1, 0],
          [3, 0, 1],
        ],
      },
    ];
    expect(clausesOf(write(few)).map(({ claim }) => claim)).toEqual(['c', 't']);
  });

  test('more than ten comments of one kind need several sentences, of which each says that it is about others', () => {
    const same = Array.from(
      { length: 25 },
      (_, id): MadeComment => ({
        id,
        groups: [
          [9, 1, 0],
          [9, 1, 0],
        ],
      }),
    );
    const shared = clausesOf(write(same)).filter(({ claim }) => claim === 'E+');
    expect(shared.map(({ citations }) => citations.length)).toEqual([10, 10, 5]);
    expect(shared.map(({ text }) => /these (\w+)/.exec(text)?.[1])).toEqual(['statements', 'other', 'further']);
  });
});
