import fc from 'fast-check';
import { strongestClaims } from '../../lambdas/report/claims/prove.ts';
import { type Tally, tally } from '../../lambdas/report/votes.ts';

/** A comment of a made-up section: of each group its agrees, disagrees and passes. */
export interface MadeComment {
  id: number;
  groups: [agrees: number, disagrees: number, passes: number][];
  text?: string;
}

export const lettersOf = (count: number): string[] => ['A', 'B', 'C', 'D', 'E'].slice(0, count);

/** Of all participants first, then of each group; here everyone is in a group. */
export function talliesOf({ groups }: MadeComment): Tally[] {
  const own = groups.map((counts) => tally(...counts));
  const sum = (of: (one: Tally) => number) => own.reduce((total, one) => total + of(one), 0);
  return [
    tally(
      sum(({ agrees }) => agrees),
      sum(({ disagrees }) => disagrees),
      sum(({ passes }) => passes),
    ),
    ...own,
  ];
}

/** The user message of a section, with the codes of claims in its table unless they are off. */
export function sectionMessage(
  comments: readonly MadeComment[],
  { labels, claims = true }: { labels?: string[]; claims?: boolean } = {},
): string {
  const letters = lettersOf(comments[0]?.groups.length ?? 2);
  const cells = `votes agrees disagrees passes${claims ? ' claims' : ''}`;
  const columns = ['id', `all: ${cells}`, ...letters.map((letter) => `${letter}: ${cells}`), 'text'].join(' | ');
  const rows = comments.map((comment) => {
    const tallies = talliesOf(comment);
    const codes = claims ? strongestClaims(tallies, letters) : [];
    const cell = ({ votes, agrees, disagrees, passes }: Tally, at: number) =>
      [votes, agrees, disagrees, passes, codes[at]].filter((part) => part !== undefined && part !== '').join(' ');
    return [comment.id, ...tallies.map(cell), comment.text ?? 'Trams | at night'].join('|');
  });
  return [
    'Conversation: The harbour',
    'Section: Harbour',
    'Tell how people voted.',
    `Opinion groups, by their letter in the table:\n${letters.map((letter, at) => `${letter} = ${labels?.[at] ?? `Group ${letter}`} (${106 + at} participants)`).join('\n')}`,
    `<comments columns="${columns}">\n${rows.join('\n')}\n</comments>`,
  ].join('\n\n');
}

const counts = (most: number) => fc.tuple(fc.nat(most), fc.nat(most), fc.nat(Math.ceil(most / 3)));
/** Tallies of small groups and large ones, and lopsided ones. */
const group = fc.oneof(
  counts(60),
  counts(600),
  counts(4),
  fc.tuple(fc.integer({ min: 10, max: 80 }), fc.nat(5), fc.nat(3)),
  fc.tuple(fc.nat(5), fc.integer({ min: 10, max: 80 }), fc.nat(3)),
);

/** Sections of two or three groups and so many comments. */
export const sections = (most: number, least = 1): fc.Arbitrary<MadeComment[]> =>
  fc.integer({ min: 2, max: 3 }).chain((count) =>
    fc
      .array(fc.array(group, { minLength: count, maxLength: count }), {
        minLength: least,
        maxLength: most,
        size: 'max',
      })
      .map((list) => list.map((groups, at) => ({ id: at * 3, groups }) as MadeComment)),
  );

/** A section in which every kind of claim holds somewhere, and a third group of which few have voted on each comment. */
export const RICH: MadeComment[] = [
  {
    id: 3,
    groups: [
      [19, 1, 0],
      [28, 1, 1],
      [3, 0, 0],
    ],
  },
  {
    id: 7,
    groups: [
      [28, 1, 1],
      [4, 23, 3],
      [1, 1, 0],
    ],
  },
  {
    id: 8,
    groups: [
      [4, 30, 3],
      [5, 28, 3],
      [0, 2, 0],
    ],
  },
  {
    id: 12,
    groups: [
      [20, 19, 2],
      [21, 20, 1],
      [4, 0, 0],
    ],
  },
  {
    id: 15,
    groups: [
      [8, 7, 22],
      [6, 6, 20],
      [0, 0, 1],
    ],
  },
  {
    id: 16,
    groups: [
      [2, 1, 0],
      [1, 1, 0],
      [0, 0, 0],
    ],
  },
  {
    id: 20,
    groups: [
      [26, 14, 2],
      [27, 13, 2],
      [2, 1, 1],
    ],
  },
  {
    id: 21,
    groups: [
      [12, 20, 9],
      [11, 21, 8],
      [2, 1, 1],
    ],
  },
  {
    id: 30,
    groups: [
      [40, 2, 1],
      [39, 1, 1],
      [22, 1, 1],
    ],
  },
  {
    id: 31,
    groups: [
      [1, 40, 2],
      [2, 39, 1],
      [1, 22, 1],
    ],
  },
];
