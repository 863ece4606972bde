import { type ComponentChild, h } from 'preact';
import { MIN_VOTES } from '../../claims/prove.ts';
import type { Counts, PageComment, PageGroup } from '../data.ts';
import { shareOf, votesOf } from '../shares.ts';
import type { Writer } from '../words/words.ts';

/** Groups of fewer people are marked: the shares of so few say little. */
export const SMALL_GROUP = 30;

const whole = (share: number): number => Math.round(share * 100);

/**
 * Classes that draw a bar: `a71 d24` is 71 percent who agree and 24 who disagree. The style sheet has one for each percent, because
 * the page's Content-Security-Policy lets no element have a style of its own.
 */
export const barClass = (counts: Counts): string =>
  `v a${whole(shareOf(counts, 'agree'))} d${whole(shareOf(counts, 'disagree'))}`;

/** Agree, pass and disagree, in the order of the bar. */
export const ORDER = ['agree', 'pass', 'disagree'] as const;
const countOf = (counts: Counts, side: (typeof ORDER)[number]): number =>
  counts[side === 'agree' ? 0 : side === 'disagree' ? 1 : 2];

/** The votes on one comment, a line for everyone and for each group. @param claimed letters that a claim is about; `all` is everyone */
export function VoteTable(props: {
  comment: PageComment;
  groups: readonly PageGroup[];
  claimed?: ReadonlySet<string>;
  write: Writer;
}): ComponentChild {
  const { comment, groups, claimed, write } = props;
  const { words, say } = write;
  if (!comment.votes) return h('p', { class: 'note' }, words.noVotes);
  const rows = comment.votes.map((counts, at) => {
    const group = at === 0 ? undefined : groups[at - 1];
    const letter = group?.letter ?? 'all';
    return h(
      'tr',
      { class: claimed?.has(letter) ? 'claimed' : undefined },
      h('th', { scope: 'row', dir: 'auto' }, group ? write.groupName(group) : words.everyone),
      h(
        'td',
        { class: 'bar' },
        h('span', { class: barClass(counts) }),
        votesOf(counts) < MIN_VOTES &&
          h('small', { class: 'few', title: say(words.fewVotes, { least: MIN_VOTES }) }, `⚠ ${words.few}`),
      ),
      ...ORDER.map((side) => h('td', { class: side }, shareAndCount(counts, side, write))),
      h('td', {}, write.number(votesOf(counts))),
    );
  });
  return h(
    'table',
    { class: 'votes' },
    h('caption', { class: 'hide' }, say(words.votesOn, { tid: String(comment.tid) })),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        h('th', { scope: 'col' }, h('span', { class: 'hide' }, words.who)),
        h('td', {}),
        ...ORDER.map((side) => h('th', { scope: 'col', class: side }, words[side])),
        h('th', { scope: 'col' }, words.votes),
      ),
    ),
    h('tbody', {}, ...rows),
  );
}

const shareAndCount = (counts: Counts, side: (typeof ORDER)[number], write: Writer) => [
  h('b', {}, write.percent(shareOf(counts, side))),
  ' ',
  h('small', {}, write.number(countOf(counts, side))),
];

/**
 * The votes of one group on one comment, as small as a cell of a table can be: the classes draw the bar, then come the shares, then
 * the counts. The page's script reads the counts from here: agrees, passes and disagrees, without marks between thousands.
 */
export function VoteCell({ counts }: { counts: Counts | undefined }): ComponentChild {
  if (!counts) return h('td', {}, '–');
  const n = votesOf(counts);
  const line = (text: (side: (typeof ORDER)[number]) => string) => ORDER.map(text).join(' ');
  return h(
    'td',
    { class: `${n === 0 ? '' : barClass(counts)}${n < MIN_VOTES ? ' f' : ''}`.trim() },
    n > 0 && [line((side) => `${whole(shareOf(counts, side))}%`), h('br', {})],
    line((side) => String(countOf(counts, side))),
  );
}

/** Number, text and sum of votes stand before the cells of votes in a row of the table of comments. */
export const FIRST_VOTES = 3;

/** The counts of a cell, by its text. @returns undefined when it shows none */
export function countsOfCell(
  cell: { lastChild: { textContent: string | null } | null } | undefined,
): Counts | undefined {
  const [agrees, passes, disagrees] = (cell?.lastChild?.textContent ?? '').split(' ').map(Number);
  return Number.isInteger(agrees) && Number.isInteger(passes) && Number.isInteger(disagrees)
    ? ([agrees, disagrees, passes] as Counts)
    : undefined;
}
