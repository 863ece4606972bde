import { type ComponentChild, h } from 'preact';
import type { PartProps } from './props.ts';

export function Header({ data, write }: Omit<PartProps, 'lang'>): ComponentChild {
  const { words, say } = write;
  const { participants, votes, comments } = data.counts;
  const facts = [
    say(words.published, { date: write.date(data.date) }),
    participants !== undefined && say(words.participants, { n: participants }),
    votes !== undefined && say(words.voteCount, { n: votes }),
    comments !== undefined && say(words.commentCount, { n: comments }),
    data.groups.length > 0 && say(words.groupCount, { n: data.groups.length }),
  ].filter((fact) => fact !== false);
  return h(
    'header',
    {},
    h('p', { class: 'kicker' }, words.written),
    h('h1', { dir: 'auto' }, data.title),
    h('ul', { class: 'facts' }, ...facts.map((fact) => h('li', {}, fact))),
    data.url && h('p', {}, h('a', { href: data.url, rel: 'noreferrer' }, words.conversation)),
    data.simulated && h('p', { class: 'simulated' }, words.simulated),
    h('p', {}, words.shares),
    h(
      'p',
      { class: 'how' },
      h('span', { class: 'nojs' }, words.howToReadStatic),
      h('span', { class: 'js' }, words.howToRead),
    ),
  );
}
