import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLAIM_KINDS, type Claim, readClaim } from '../../../../lambdas/report/claims/claim.ts';
import type { ClaimGroup } from '../../../../lambdas/report/claims/evidence.ts';
import { type Language, type ProvenClause, proseProblems } from '../../../../lambdas/report/claims/prose.ts';
import { LANGUAGES } from '../../../../lambdas/report/claims/words.ts';
import { type Example, examples, otherClaims, problems } from './prose-sentences.ts';

const show = ({ codes, texts }: Example): string => `${codes.join(' / ')} | ${texts.join(' / ')}`;
const isFound = (example: Example, language: Language): boolean => problems(example, language).some(Boolean);

/** What is known to get through: docs/claims.md says so. */
const MISSED: Partial<Record<string, string[]>> = {
  en: [
    'c | Many support the fund.',
    'c | The statement has so far attracted too few votes to say anything about it.',
    'c | While some support a curfew, others are against it.',
    'E- | The idea unites all groups: majorities everywhere agree.',
    'U | The idea unites all groups: majorities everywhere agree.',
  ],
  de: ['M- A | Gruppe A lehnt den Vorschlag fast einhellig ab.'],
};

describe.each(['en', 'en-new', 'de', 'de-new', 'fr', 'fr-new', 'es', 'es-new', 'zh', 'zh-new'])(
  'sentences of %s',
  (name) => {
    const language = name.slice(0, 2) as Language;

    it('that say what is claimed pass', () => {
      const alarms = examples(name).filter((example) => !example.wrong && isFound(example, language));
      expect(alarms.map(show)).toEqual([]);
    });

    it('that say something else fail, but for those known to get through', () => {
      const wrong = examples(name).filter((example) => example.wrong);
      const changed = examples(name, 4)
        .filter(({ wrong: isWrong, texts }) => !isWrong && texts.length === 1)
        .flatMap((example) =>
          Object.values(otherClaims(example.codes[0] ?? '', example.texts[0] ?? '')).map((code) => ({
            ...example,
            codes: [code],
          })),
        );
      const missed = [...wrong, ...changed].filter((example) => !isFound(example, language));
      expect(new Set(missed.map(show))).toEqual(new Set(MISSED[name] ?? []));
    });
  },
);

const GROUPS: ClaimGroup[] = ['A', 'B', 'C'].map((letter) => ({ letter, label: `Group ${letter}`, size: 50 }));
const clause = (code: string, text: string): ProvenClause => {
  const claim = readClaim(code);
  if (!claim) throw new Error(`no claim: ${code}`);
  return { text, claim, everybody: false };
};
const check = (...clauses: (ProvenClause | undefined)[]) => proseProblems(clauses, GROUPS, 'en');

describe('what is found', () => {
  it.each([
    ['M+ A', 'Group B supports the tram.', 'text_group', ['Group B supports']],
    ['M+ A', 'Most participants support the tram.', 'text_group', ['Most participants support']],
    ['M+ A', 'There is support.', 'text_group', []],
    ['M+ A', 'Group A rejects the tram.', 'text_stance', ['Group A rejects']],
    ['M+ A', 'Group A does not support the tram.', 'text_stance', ['Group A does not support']],
    ['M+ A', 'Nearly everyone in Group A supports the tram.', 'text_quantity', ['Nearly everyone in Group A supports']],
    [
      'D+ A>B',
      'Group B supports the tram more than Group A.',
      'text_direction',
      ['Group B supports the tram more than Group A'],
    ],
    ['c', 'Most participants want a tram.', 'text_of_content', ['Most participants want']],
  ])('under %s in "%s" is %s, with its words', (code, text, reason, words) => {
    expect(check(clause(code, text))).toEqual([{ reason, words }]);
  });

  it('is one thing a clause, parallel to the clauses', () => {
    const wrong = clause('M+ A', 'Nearly everyone in Group B rejects the tram,');
    expect(check(wrong, clause('c', 'which is old.')).map((problem) => problem?.reason)).toEqual([
      'text_group',
      undefined,
    ]);
  });
});

describe('a clause that names nobody', () => {
  const [first, second] = [clause('M+ A', 'Group A supports the tram,'), clause('M- A', 'and rejects the toll.')];

  it('speaks of the groups of the clause before it', () => {
    expect(check(first, second)).toEqual([undefined, undefined]);
    expect(check(first, clause('M- B', 'and rejects the toll.'))[1]?.reason).toBe('text_group');
    expect(check(first, clause('M-', 'and rejects the toll.'))[1]?.reason).toBe('text_group');
  });

  it('is not failed for its groups where the clause before it fails by itself', () => {
    expect(check(undefined, second)).toEqual([undefined, undefined]);
  });

  it('needs its groups in a sentence of its own', () => {
    expect(check(second)[0]?.reason).toBe('text_group');
  });
});

describe('everyone', () => {
  it('is true only where every vote is on one side', () => {
    const everyone = clause('N+ A', 'Everyone in Group A supports the tram.');
    expect(check(everyone)[0]?.reason).toBe('text_quantity');
    expect(check({ ...everyone, everybody: true })).toEqual([undefined]);
  });
});

describe('the name of a group', () => {
  it.each([
    ['Łódź (old town)', 'Most of Łódź (old town) supports the tram.'],
    ['C++ & co.', 'C++ & co. supports the tram.'],
    ['🌳', '🌳 supports the tram.'],
    ['الشباب', 'Most of الشباب supports the tram.'],
    ['$&', '$& supports the tram.'],
  ])('may be %s', (label, text) => {
    const groups = [{ letter: 'A', label, size: 9 }, ...GROUPS.slice(1)];
    expect(proseProblems([clause('M+ A', text)], groups, 'en')).toEqual([undefined]);
    expect(proseProblems([clause('M+ B', text)], groups, 'en')[0]?.reason).toBe('text_group');
  });

  it('may be none', () => {
    const groups = GROUPS.map((group) => ({ ...group, label: ' ' }));
    expect(proseProblems([clause('M+ A', 'Group A supports the tram.')], groups, 'en')).toEqual([undefined]);
  });
});

const letters = fc.subarray(['A', 'B', 'C'], { minLength: 1 });
const claims = fc
  .record({
    kind: fc.constantFrom(...CLAIM_KINDS),
    stance: fc.constantFrom('agree', 'disagree'),
    groups: letters,
    than: letters,
  })
  .map((fields) => readClaim(fields) as Claim);
const pieces = fc.constantFrom(
  ...[
    'Group A',
    'most',
    'agree',
    'not',
    'than',
    'both',
    ',',
    '"',
    '“',
    'A',
    'the',
    'support',
    '大多数',
    'Gruppe B',
    ':',
    "'",
    'x',
  ],
);
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.array(pieces, { maxLength: 60 }).map((all) => all.join(' ')),
);
const languages = fc.constantFrom(...LANGUAGES);

describe('any text', () => {
  it('is read without an error', () => {
    const label = fc.oneof(fc.string({ unit: 'binary', maxLength: 12 }), pieces);
    fc.assert(
      fc.property(
        texts,
        claims,
        fc.array(label, { minLength: 3, maxLength: 3 }),
        languages,
        (text, claim, labels, language) => {
          const groups = GROUPS.map((group, at) => ({ ...group, label: labels[at] ?? '' }));
          const [found] = proseProblems([{ text, claim, everybody: false }], groups, language);
          for (const words of found?.words ?? []) expect(text.normalize('NFC')).toContain(words);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('says the same when two groups change names in text and claim', () => {
    const swap = (text: string) => text.replace(/\b[AB]\b/g, (letter) => (letter === 'A' ? 'B' : 'A'));
    const parts = fc.constantFrom(
      ...[
        'Group A',
        'Group B',
        'agrees',
        'rejects',
        'more than',
        'most of',
        'nobody in',
        ', while',
        'the tram',
        'both',
      ],
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 12 }), claims, (words, claim) => {
        const text = words.join(' ');
        const turned = JSON.parse(swap(JSON.stringify(claim))) as Claim;
        const [found] = check({ text, claim, everybody: false });
        const [other] = check({ text: swap(text), claim: turned, everybody: false });
        expect(other?.reason).toBe(found?.reason);
      }),
      { numRuns: 500 },
    );
  });

  it.each(['the ', 'no ', 'Group A, ', '"', '大多数'])(
    'of 100,000 characters is read to its end: %j again and again',
    (piece) => {
      const text = piece.repeat(100_000 / piece.length);
      const ends = `${text}. Group B rejects the tram.`;
      expect(check({ text: ends, claim: { kind: 'content' }, everybody: false })[0]?.reason).toBe('text_of_content');
    },
  );
});
