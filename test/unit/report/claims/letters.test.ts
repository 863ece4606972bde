import { describe, expect, it } from 'vitest';
import { checkReport } from '../../../../lambdas/report/claims/check.ts';
import { readClaim } from '../../../../lambdas/report/claims/claim.ts';
import type { Evidence } from '../../../../lambdas/report/claims/evidence.ts';

/** Of comment 1, most people agree, in Group A too, and most of Group B disagree. */
const evidence: Evidence = {
  groups: ['A', 'B'].map((letter) => ({ letter, label: `Group ${letter}`, size: 60 })),
  votes: new Map([
    [
      1,
      [
        { votes: 120, agrees: 90, disagrees: 24, passes: 6 },
        { votes: 60, agrees: 54, disagrees: 6, passes: 0 },
        { votes: 60, agrees: 18, disagrees: 42, passes: 0 },
      ],
    ],
  ]),
};
const ENGLISH =
  'Several comments are about the toll on the old bridge and about who should pay for it. Others ask what the money would be used for, and whether there will be more buses in the evening.';
const GERMAN =
  'Mehrere Kommentare handeln von der Maut auf der alten Brücke und davon, wer sie bezahlen soll. Andere fragen, wofür das Geld verwendet würde, und ob abends mehr Busse fahren werden.';

/** Why the last sentence of a section fails; undefined: it does not. */
function failureOf(code: string, text: string, around = ENGLISH): string | undefined {
  const sentences = [
    [around, 'c'],
    [text, code],
  ].map(([words = '', claim]) => ({ clauses: [{ text: words, citations: [1], claim: readClaim(claim) }] }));
  const report = { paragraphs: [{ title: '', sentences }] } as unknown as Parameters<typeof checkReport>[0];
  return checkReport(report, evidence).clauses.at(-1)?.failure;
}

describe('the letters of a clause', () => {
  it.each([
    ['a Cyrillic letter in a Latin word', 'Most of Group A аgrees with it.'],
    ['a Cyrillic letter for that of a group', 'Most of Group В agree with it.'],
    ['nothing that can be seen', '\u200b\u2060\u3164'],
    ['no letter', '…'],
  ])('with %s fail it', (_, text) => {
    expect(failureOf('M+ A', text)).toBeDefined();
    expect(failureOf('M+', text)).toBeDefined();
  });

  it.each([
    ['a word of another script', 'Most people in Group A agree with the comment about Киев.'],
    ['accents', 'Most people in Group A agree with the comment about the café.'],
  ])('may be those of %s', (_, text) => {
    expect(failureOf('M+ A', text)).toBeUndefined();
  });
});

describe('a sentence in another language than its section', () => {
  it.each([
    ['German in English', 'c', 'Die meisten lehnen die Maut ab.', ENGLISH],
    ['German in English, of a group', 'M+ A', 'Die meisten in Gruppe B lehnen die Maut ab.', ENGLISH],
    ['English in German', 'c', 'Everyone rejects the toll.', GERMAN],
    ['English in German, of a group', 'M+ A', 'Most of Group A reject the toll.', GERMAN],
  ])('is held against its claim by the list of its own: %s', (_, code, text, around) => {
    expect(failureOf(code, text, around)).toBeDefined();
  });

  it.each([
    ['M+ A', 'Die meisten in Gruppe A stimmen zu.', ENGLISH],
    ['M+ A', 'Most people in Group A agree with it.', GERMAN],
  ])('passes where its words fit (%s): %s', (code, text, around) => {
    expect(failureOf(code, text, around)).toBeUndefined();
  });
});
