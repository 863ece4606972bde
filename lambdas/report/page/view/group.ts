import { type ComponentChild, Fragment, h } from 'preact';
import type { PageGroup } from '../data.ts';
import { type SetsApart, setsApart } from '../summary.ts';
import type { Writer } from '../words/words.ts';
import { CommentText } from './evidence.ts';
import type { PartProps } from './props.ts';
import { SMALL_GROUP } from './votes.ts';

/** Who a group is, and what sets it apart. @param props.shape the mark of the group on the map */
export function GroupView(props: PartProps & { group: PageGroup; shape?: ComponentChild }): ComponentChild {
  const { group, shape, data, write, lang } = props;
  const { words, say, percent } = write;
  const { participants = 0 } = data.counts;
  const { size } = group;
  const apart = setsApart(data, group.letter);
  return h(
    'section',
    { class: 'group' },
    h('h3', { dir: 'auto' }, shape, ' ', write.groupName(group)),
    size !== undefined &&
      h(
        'p',
        {},
        h('strong', {}, say(words.people, { n: size })),
        participants > 0 && `, ${say(words.ofAll, { share: percent(size / participants) })}`,
      ),
    size !== undefined &&
      size < SMALL_GROUP &&
      h('p', { class: 'few' }, `⚠ ${say(words.smallGroup, { least: SMALL_GROUP })}`),
    h('h4', {}, words.setsApart),
    apart.length === 0 ? h('p', { class: 'note' }, words.setsApartNone) : h(ApartList, { apart, write, lang }),
  );
}

const ApartList = (props: { apart: readonly SetsApart[]; write: Writer; lang: string | undefined }): ComponentChild => {
  const { apart, write, lang } = props;
  const { words, say, percent } = write;
  return h(
    Fragment,
    {},
    ...apart.map(({ comment, stance, share, others }) =>
      h(
        'div',
        { class: 'finding' },
        h(CommentText, { comment, write, lang }),
        h(
          'p',
          {},
          h(
            'a',
            { href: `#c${comment.tid}` },
            say(stance === 'agree' ? words.agreeAgainst : words.disagreeAgainst, {
              share: percent(share),
              other: percent(others),
            }),
          ),
        ),
      ),
    ),
  );
};
