import { type ComponentChild, h } from 'preact';
import { commentId, commentTextId, type PageComment, type PageData } from '../data.ts';
import { votesOf } from '../shares.ts';
import type { Writer } from '../words/words.ts';
import { GroupShape } from './map.ts';
import { ORDER, VoteCell } from './votes.ts';

/** Every comment that the report cites or names, each once, with its votes. */
export function CommentsView({
  data,
  write,
  lang,
}: {
  data: PageData;
  write: Writer;
  lang: string | undefined;
}): ComponentChild {
  const { words, say } = write;
  const { groups, comments } = data;
  const sorts: [string, string][] = [
    ...(['number', 'cited', 'votes', 'agree', 'disagree', 'pass', 'apart'] as const).map((key): [string, string] => [
      key,
      words.sort[key],
    ]),
    ...groups.map((group): [string, string] => [
      `group ${group.letter}`,
      say(words.sort.group, { group: write.groupName(group) }),
    ]),
  ];
  const order = ORDER.map((side) => words[side]).join(', ');
  const column = (sort: string, name: string, ...more: (ComponentChild | string)[]) =>
    h('th', { scope: 'col', 'data-sort': sort }, name, ...more);
  const scale = h('span', { class: 'hide' }, `: ${order}`);
  return h(
    'section',
    { id: 'comments' },
    h('h2', {}, words.comments),
    h('p', { class: 'note' }, words.tableHow),
    h(
      'div',
      { class: 'js tools', role: 'search' },
      h('label', {}, `${words.search} `, h('input', { type: 'search', id: 'search', autocomplete: 'off' })),
      h(
        'label',
        {},
        `${words.sortBy} `,
        h('select', { id: 'sort' }, ...sorts.map(([value, name]) => h('option', { value }, name))),
      ),
      h('output', { id: 'found', for: 'search' }),
    ),
    h(
      'table',
      { id: 'table', 'aria-label': words.comments },
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          column('number', words.columnNo),
          h('th', { scope: 'col' }, words.columnComment),
          column('votes', words.columnVotes),
          column('agree', words.everyone, scale),
          ...groups.map((group, at) =>
            h(
              'th',
              { scope: 'col', 'data-sort': `group ${group.letter}` },
              h(GroupShape, { at }),
              ' ',
              write.groupName(group),
              scale,
            ),
          ),
        ),
      ),
      h('tbody', { lang }, ...comments.map((comment) => h(Row, { comment, groups: groups.length, write }))),
    ),
  );
}

function Row({ comment, groups, write }: { comment: PageComment; groups: number; write: Writer }): ComponentChild {
  const { tid, text, hidden, votes } = comment;
  return h(
    'tr',
    { id: commentId(tid) },
    h('th', {}, String(tid)),
    hidden
      ? h('td', { class: 'note', lang: write.words.language }, write.words.noText[hidden])
      : h('td', { id: commentTextId(tid) }, text),
    h('td', {}, votes?.[0] ? write.number(votesOf(votes[0])) : '–'),
    ...Array.from({ length: groups + 1 }, (_, at) => h(VoteCell, { counts: votes?.[at] })),
  );
}
