import { describe, expect, it } from 'vitest';
import { readClaim } from '../../../../lambdas/report/claims/claim.ts';
import { proseProblems } from '../../../../lambdas/report/claims/prose.ts';
import type { Language } from '../../../../lambdas/report/claims/words.ts';

const GROUPS = ['A', 'B', 'C'].map((letter) => ({ letter, label: `Group ${letter}`, size: 50 }));
const found = (language: Language, code: string, text: string) => {
  const claim = readClaim(code);
  if (!claim) throw new Error(`no claim: ${code}`);
  return proseProblems([{ text, claim, everybody: false }], GROUPS, language)[0];
};

describe('a number of voters', () => {
  it.each<[Language, string, string]>([
    ['en', 'M+ A', '90 % of Group A agrees that the toll should go.'],
    ['en', 'M+ A', 'Ninety percent of Group A supports the toll.'],
    ['en', 'M+ A', 'Nine tenths of Group A supports the toll.'],
    ['en', 'M+ A', 'Four fifths of Group A agrees.'],
    ['en', 'M+', 'Three quarters of participants agree.'],
    ['en', 'M+', '95 of 100 agree with it.'],
    ['en', 'M+', '170 participants agree.'],
    ['en', 'F+ B', 'A tiny minority of Group B, 2 %, agrees.'],
    ['en', 'D+ A>B', 'Group A supports it more than Group B, 99 % against 1 %.'],
    ['en', 'S', 'Participants are split 90 to 10.'],
    ['en', 'U', '80 % pass on the toll.'],
    ['en', 't', 'Thousands voted on it.'],
    ['en', 'c', '90 percent reject the toll.'],
    ['en', 'c', 'Four out of five reject the toll.'],
    ['en', 'c', 'The votes are 90 to 10 against.'],
    ['de', 'M+ A', '90 Prozent der Gruppe A stimmen zu.'],
    ['fr', 'M+ A', '90 % du groupe A est d’accord.'],
    ['es', 'M+ A', 'El 90 % del grupo A está de acuerdo.'],
    ['zh', 'M+ A', 'A组90%的人同意。'],
    ['zh', 'M+ A', 'A组九成人同意。'],
  ])('fails a clause, since no claim says one (%s, %s): %s', (language, code, text) => {
    expect(found(language, code, text)).toBeDefined();
  });

  it.each<[Language, string, string]>([
    ['en', 'M+', 'A majority agrees that rents should be capped at 30 % of income.'],
    ['en', 'M+', 'Most participants agree that a shelter for 170 people is needed.'],
    ['en', 'M+', 'Most agree that buses should run every 10 minutes.'],
    ['en', 'c', 'Several comments ask for a fee of 5 to 10 euros.'],
    ['en', 'c', 'One comment proposes that 20 percent of the budget goes to parks.'],
    ['en', 'M+ A', 'Most people in Group A agree that two hours of free parking are enough.'],
    ['en', 'M+', 'Most participants support the comment “90 % of people want this”.'],
    ['en', 'E+', 'All three groups support free buses for everyone under 18.'],
    ['fr', 'M+', 'Une majorité est d’accord pour que la taxe soit de 10 %.'],
  ])('is not a number of something else (%s, %s): %s', (language, code, text) => {
    expect(found(language, code, text)).toBeUndefined();
  });

  it('is looked for in a time that grows with the text', () => {
    expect(found('en', 'c', '1 2 '.repeat(100_000))).toBeUndefined();
  });
});

describe('a text as people see it', () => {
  it.each([
    ['a letter that nobody sees in a word', 'M+ A', 'Most of Group A dis\u200bagrees with it.', 'text_stance'],
    ['a soft hyphen', 'M+ A', 'Most of Group A dis\u00adagrees with it.', 'text_stance'],
    ['wide letters', 'M+ A', 'Most of Group A ｄｉｓａｇｒｅｅｓ with it.', 'text_stance'],
    ['a wide letter of a group', 'M+', 'Most of Group Ｂ agree.', 'text_group'],
    ['a small letter of a group', 'M+', 'Most of group b agree.', 'text_group'],
    ['small letters in a list', 'M+', 'Groups a and b mostly agree.', 'text_group'],
  ])('is what its claim is held against: %s', (_, code, text, reason) => {
    expect(found('en', code, text)?.reason).toBe(reason);
  });

  it('has an article where a small letter is one', () => {
    expect(found('en', 'M+', 'Most participants want the group a city hall could work with.')).toBeUndefined();
    expect(found('fr', 'M+', 'Une majorité soutient ce que le groupe a demandé.')).toBeUndefined();
  });
});
