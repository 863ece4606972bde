import { type ComponentChild, Fragment, h } from 'preact';
import { prove } from '../../claims/prove.ts';
import { commentId, type PageClause, type PageComment, type PageData } from '../data.ts';
import { evidenceOf } from '../evidence.ts';
import type { Writer } from '../words/words.ts';
import { VoteTable } from './votes.ts';

/** What stands behind a clause: its claim, the comments that it cites with their votes, and the figures that prove it. */
export function Evidence(props: { id: string; clause: PageClause; data: PageData; write: Writer }): ComponentChild {
  const { id, clause, data, write } = props;
  const { words, say } = write;
  const { claim, standing, citations } = clause;
  const figures = claim ? prove(claim, citations, evidenceOf(data)).figures : [];
  const claimed = new Set(figures.flatMap(({ group, than }) => [group ?? 'all', ...(than ? [than] : [])]));
  const comments = citations.flatMap((tid) => data.comments.find((comment) => comment.tid === tid) ?? []);
  return h(
    Fragment,
    {},
    h(
      'p',
      { class: `standing ${standing}` },
      h('strong', {}, words[standing], '.'),
      claim && standing !== 'unchecked' && claim.kind !== 'content' && [' ', write.claim(claim, data.groups)],
    ),
    h('h3', {}, say(words.citedComments, { n: citations.length })),
    ...comments.map((comment) =>
      h(
        'article',
        { key: comment.tid },
        h('h4', {}, h('a', { href: `#${commentId(comment.tid)}` }, say(words.commentNo, { tid: String(comment.tid) }))),
        h(CommentText, { comment, write, lang: undefined }),
        h(VoteTable, { comment, groups: data.groups, claimed, write }),
      ),
    ),
    figures.length > 0 && h('h3', {}, words.figures),
    figures.length > 0 &&
      h('ul', { class: 'figures' }, ...figures.map((figure) => h('li', {}, write.figure(figure, data.groups)))),
    h('p', { class: 'tools' }, h('a', { href: `#${id}` }, words.linkHere)),
  );
}

/** A comment's own words, or why they are not shown. */
export function CommentText(props: { comment: PageComment; write: Writer; lang: string | undefined }): ComponentChild {
  const { comment, write, lang } = props;
  return comment.hidden
    ? h('p', { class: 'note' }, write.words.noText[comment.hidden])
    : h('blockquote', { dir: 'auto', lang }, comment.text);
}
