import { type Line, must, type Table } from '../command-line.ts';
import { type Conversation, countVotes, readConversations } from './claims-conversations.ts';
import {
  type Caught,
  differencesOf,
  type Figures,
  measureTexts,
  measureVotes,
  noFigures,
  sameClaimElsewhere,
  type Wrong,
} from './claims-measure.ts';
import { VOTE_MUTANTS } from './claims-mutants.ts';
import { TEXT_MUTANTS } from './claims-texts.ts';

const SHUFFLES = 5;
const MIN_CAUGHT_PERCENT = 95;

/**
 * Measures the check of claims on the sample, and on the exports in a folder.
 * @throws InvalidSetting when the folder holds no export that can be read
 */
export async function benchClaims(folder: string | undefined): Promise<Table[]> {
  const conversations: Conversation[] = [];
  for (const [name, data] of await readConversations(folder))
    conversations.push(await countVotes(name, data, SHUFFLES));
  const figures = noFigures();
  for (const conversation of conversations) measureTexts(figures, conversation, measureVotes(figures, conversation));
  const dealt = noFigures();
  for (const conversation of conversations)
    for (const voted of conversation.shuffled) measureVotes(dealt, { ...conversation, ...voted });
  return [
    { title: 'Conversations', lines: conversations.map(conversationLine) },
    { title: 'True claims', lines: truthLines(figures) },
    { title: 'False claims: caught by the votes', lines: mutantLines(VOTE_MUTANTS, figures.byVotes, 100) },
    {
      title: 'False texts of true claims: caught by their words',
      lines: textLines(figures),
    },
    { title: 'Oracle and check, on every claim above', lines: [agreementLine(figures)] },
    { title: `The same, groups shuffled ${SHUFFLES} times`, lines: [...shuffledLines(dealt), agreementLine(dealt)] },
    { title: 'Comments that set groups apart', lines: differenceLines(conversations) },
    { title: 'Chance that a random other comment proves the same claim', lines: elsewhereLines(conversations) },
    { title: 'Templates of false texts that passed', lines: wrongLines(figures.escaped) },
    { title: 'Templates of true texts that were refused', lines: wrongLines(figures.alarms) },
  ];
}

const count = (value: number): string => value.toLocaleString('en');
const percent = (part: number, of: number): string => (of === 0 ? '–' : `${((part / of) * 100).toFixed(1)}%`);
const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

function conversationLine({ name, tids, letters, evidence }: Conversation): Line {
  const sizes = evidence.groups.map(({ size }) => size).join(', ');
  return { what: name, figure: `${count(tids.length)} comments`, note: `${letters.length} groups: ${sizes} people` };
}

function truthLines({ truths, inPairs }: Figures): Line[] {
  const lines = [...truths].map(
    ([kind, { claims, byVotes, byText, plain }]): Line => ({
      what: kind,
      figure: count(claims),
      note: `refused: ${byVotes} by votes, ${count(byText)} by text (${percent(byText, claims)}; ${count(plain)} of them with a plain topic)`,
      target: must('none by votes', byVotes === 0),
    }),
  );
  const all = [...truths.values()];
  const [claims, byText] = [sum(all.map(({ claims }) => claims)), sum(all.map(({ byText }) => byText))];
  return [
    ...lines,
    { what: 'all', figure: count(claims), note: `refused by text: ${count(byText)} (${percent(byText, claims)})` },
    {
      what: 'two in a sentence',
      figure: count(inPairs.claims),
      note: `refused by text: ${count(inPairs.refused)} (${percent(inPairs.refused, inPairs.claims)})`,
    },
  ];
}

function mutantLines<K extends string>(
  names: Record<K, string>,
  caught: ReadonlyMap<K, Caught>,
  least: number,
): Line[] {
  const line = (what: string, { mutants, caught, leftOut }: Caught): Line => ({
    what,
    figure: `${count(caught)} of ${count(mutants)}`,
    note: `${percent(caught, mutants)}${leftOut > 0 ? `; ${count(leftOut)} more are true` : ''}`,
    target: must(least === 100 ? 'all' : `at least ${least}%`, caught * 100 >= least * mutants),
  });
  return [...[...caught].map(([kind, one]) => line(names[kind], one)), line('all', totalOf(caught.values()))];
}

const textLines = ({ byText, unguarded }: Figures): Line[] => [
  ...mutantLines(TEXT_MUTANTS, byText, MIN_CAUGHT_PERCENT),
  { what: 'texts whose language was not recognized', figure: count(unguarded), target: must('none', unguarded === 0) },
];

function totalOf(caught: Iterable<Caught>): Caught {
  const all = [...caught];
  return {
    mutants: sum(all.map(({ mutants }) => mutants)),
    caught: sum(all.map(({ caught }) => caught)),
    leftOut: sum(all.map(({ leftOut }) => leftOut)),
  };
}

const agreementLine = ({ disagreements, judged }: Figures): Line => ({
  what: 'verdicts that differ',
  figure: `${count(disagreements)} of ${count(judged)}`,
  target: must('none', disagreements === 0),
});

function shuffledLines(dealt: Figures): Line[] {
  const truths = [...dealt.truths.values()];
  const refused = sum(truths.map(({ byVotes }) => byVotes));
  const total = totalOf(dealt.byVotes.values());
  return [
    {
      what: 'true claims refused',
      figure: `${refused} of ${count(sum(truths.map(({ claims }) => claims)))}`,
      target: must('none', refused === 0),
    },
    {
      what: 'false claims caught',
      figure: `${count(total.caught)} of ${count(total.mutants)}`,
      note: `${count(total.leftOut)} more are true`,
      target: must('all', total.caught === total.mutants),
    },
  ];
}

function differenceLines(conversations: readonly Conversation[]): Line[] {
  const found = conversations.map((conversation) => ({
    name: conversation.name,
    right: differencesOf(conversation),
    dealt: conversation.shuffled.map(differencesOf),
  }));
  const line = (name: string, of: 'proven' | 'raw', ones: typeof found): Line => ({
    what: `${name}, ${of === 'raw' ? '30 points alone' : 'proven'}`,
    figure: count(sum(ones.map(({ right }) => right[of]))),
    note: `shuffled: ${(sum(ones.flatMap(({ dealt }) => dealt.map((one) => one[of]))) / SHUFFLES).toFixed(1)} (mean of ${SHUFFLES})`,
  });
  return [
    ...found.flatMap((one) => [line(one.name, 'proven', [one]), line(one.name, 'raw', [one])]),
    line('all', 'proven', found),
    line('all', 'raw', found),
  ];
}

const elsewhereLines = (conversations: readonly Conversation[]): Line[] =>
  [...sameClaimElsewhere(conversations)].sort().map(([what, { claims, chance, asked }]) => ({
    what,
    figure: percent(chance, claims),
    note: `${count(claims)} of ${count(asked)} claims about one comment are true (${percent(claims, asked)})`,
  }));

const SHOWN = 60;

function wrongLines(wrongs: ReadonlyMap<string, Wrong>): Line[] {
  const all = [...wrongs.values()].sort((a, b) => b.count - a.count);
  const lines = all.slice(0, SHOWN).map(
    ({ kind, template, words, count }): Line => ({
      what: `${kind}: ${template}`,
      figure: String(count),
      note: [...words].join(' / '),
    }),
  );
  return all.length > SHOWN ? [...lines, { what: `and ${all.length - SHOWN} more`, figure: '' }] : lines;
}
