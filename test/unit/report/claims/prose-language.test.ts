import { describe, expect, it } from 'vitest';
import { languageOf } from '../../../../lambdas/report/claims/prose.ts';
import { LANGUAGES, wordsOf } from '../../../../lambdas/report/claims/words.ts';
import { examples } from './prose-sentences.ts';

describe('the language of a text', () => {
  it.each(LANGUAGES)('is found in a report of a few sentences: %s', (language) => {
    const sentences = examples(language, 1).filter(({ wrong }) => !wrong);
    for (let at = 0; at + 5 <= sentences.length; at += 5) {
      const text = sentences.slice(at, at + 5).flatMap(({ texts }) => texts);
      expect(languageOf(text.join(language === 'zh' ? '' : ' ')), text.join(' ')).toBe(language);
    }
  });

  it('is found in a single English sentence of 40 characters', () => {
    const sentences = examples('en', 3)
      .flatMap(({ texts }) => texts)
      .filter(({ length }) => length >= 40);
    const found = sentences.filter((text) => languageOf(text) === 'en');
    expect(found.length / sentences.length).toBeGreaterThan(0.99);
  });

  it.each([
    [
      'Portuguese',
      'A maioria dos participantes concorda que os aluguéis no centro deveriam ter um limite, e o grupo A apoia a proposta.',
    ],
    [
      'Italian',
      'La maggior parte dei partecipanti concorda che gli affitti in centro dovrebbero avere un tetto massimo.',
    ],
    ['Dutch', 'De meeste deelnemers zijn het ermee eens dat de huren in de binnenstad begrensd moeten worden.'],
    ['Catalan', "La majoria dels participants està d'acord que els lloguers del centre haurien de tenir un límit."],
    ['Japanese', '参加者の大多数は、旧市街の家賃に上限を設けるべきだと同意しています。'],
    ['nothing', ''],
    ['too little', 'No bus.'],
  ])('is not taken for one with a list: %s', (_, text) => {
    expect(languageOf(text)).toBeUndefined();
  });
});

describe.each(LANGUAGES)('the word list of %s', (language) => {
  it('is read, and every phrase in it means something', () => {
    const phrases = [...wordsOf(language).phrases.values()].flat();
    expect(phrases.length).toBeGreaterThan(500);
    for (const { words, meaning } of phrases) {
      expect(words.length, words.join(' ')).toBeGreaterThan(0);
      expect(meaning.is.size > 0 || meaning.stand || meaning.quantity || meaning.degree, words.join(' ')).toBeTruthy();
    }
  });
});
