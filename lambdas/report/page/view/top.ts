import { type ComponentChild, Fragment, h } from 'preact';
import type { PageData } from '../data.ts';
import type { ReportPageInput } from '../input.ts';
import { shareOf } from '../shares.ts';
import { type Finding, type SetsApart, setsApart, summaryOf } from '../summary.ts';
import type { Writer } from '../words/words.ts';
import { CommentText } from './evidence.ts';
import { GroupShape, OpinionMapView } from './map.ts';
import { barClass, SMALL_GROUP } from './votes.ts';

export interface ViewProps {
  data: PageData;
  input: ReportPageInput;
  write: Writer;
  /** of the texts of comments and of the model */
  lang: string | undefined;
}

export function Header({ data, write }: Pick<ViewProps, 'data' | 'write'>): ComponentChild {
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
    h(
      'p',
      { class: 'how' },
      h('span', { class: 'nojs' }, words.howToReadStatic),
      h('span', { class: 'js' }, words.howToRead),
    ),
  );
}

/** What the report says first, put together from its proven claims. */
export function SummaryView({ data, write, lang }: Omit<ViewProps, 'input'>): ComponentChild {
  const { words } = write;
  const { consensus, differences, doubts, anything } = summaryOf(data);
  const list = (title: string, found: readonly Finding[], none: string) =>
    h(
      'section',
      { class: 'findings' },
      h('h3', {}, title),
      found.length === 0 && h('p', { class: 'note' }, none),
      ...found.map((finding) => h(FindingView, { finding, data, write, lang })),
    );
  return h(
    'section',
    { id: 'summary' },
    h('h2', {}, words.summary),
    h('p', { class: 'note' }, anything ? words.summaryHow : words.summaryNone),
    anything &&
      h(
        'div',
        { class: 'columns' },
        list(words.strongestConsensus, consensus, words.noConsensus),
        list(words.strongestDifferences, differences, words.noDifferences),
        list(words.strongestDoubts, doubts, words.noDoubts),
      ),
  );
}

function FindingView(props: {
  finding: Finding;
  data: PageData;
  write: Writer;
  lang: string | undefined;
}): ComponentChild {
  const { finding, data, write, lang } = props;
  const { comment, clause } = finding;
  return h(
    'div',
    { class: 'finding' },
    h(CommentText, { comment, write, lang }),
    h(SmallBars, { finding, data, write }),
    h('p', {}, findingText(finding, data, write), ' ', h('a', { href: `#${clause}` }, write.words.whereSaid)),
  );
}

/** One bar for everyone or for each group, whatever the finding is about. */
function SmallBars({ finding, data, write }: { finding: Finding; data: PageData; write: Writer }): ComponentChild {
  const { shows, comment } = finding;
  const everyone = (shows.what === 'uncertain' || shows.what === 'divided') && !shows.group;
  const rows = comment.votes.flatMap((counts, at) => {
    const group = data.groups[at - 1];
    if (everyone ? at > 0 : !group) return [];
    const name = group ? write.groupName(group) : write.words.everyone;
    const says = `${name}: ${write.percent(shareOf(counts, 'agree'))} ${write.words.agree}, ${write.percent(shareOf(counts, 'pass'))} ${write.words.pass}, ${write.percent(shareOf(counts, 'disagree'))} ${write.words.disagree}`;
    return [
      h(
        'li',
        {},
        h('span', { 'aria-hidden': 'true' }, group?.letter ?? name),
        h('span', { class: barClass(counts), role: 'img', 'aria-label': says }),
      ),
    ];
  });
  return h('ul', { class: 'bars' }, ...rows);
}

function findingText({ shows }: Finding, { groups }: PageData, write: Writer): string {
  const { words, say, percent } = write;
  const name = (letter: string) => write.names([letter], groups);
  switch (shows.what) {
    case 'consensus':
      return say(shows.stance === 'agree' ? words.inEveryGroupAgree : words.inEveryGroupDisagree, {
        low: percent(shows.low),
        high: percent(shows.high),
      });
    case 'difference':
      return say(shows.stance === 'agree' ? words.groupAgainstGroup : words.groupAgainstGroupDisagree, {
        first: name(shows.first),
        second: name(shows.second),
        share: percent(shows.share),
        other: percent(shows.other),
      });
    case 'uncertain':
      return say(shows.group ? words.passedShareGroup : words.passedShare, {
        share: percent(shows.share),
        who: shows.group ? name(shows.group) : '',
      });
    case 'divided':
      return say(shows.group ? words.splitGroup : words.split, {
        agree: percent(shows.agree),
        disagree: percent(shows.disagree),
        who: shows.group ? name(shows.group) : '',
      });
  }
}

export function GroupsView({ data, input, write, lang }: ViewProps): ComponentChild {
  const { words } = write;
  return h(
    'section',
    { id: 'groups' },
    h('h2', {}, words.groups),
    h('p', { class: 'note' }, words.groupsHow),
    h(
      'div',
      { class: 'groups' },
      input.map && input.map.points.length > 0
        ? h(OpinionMapView, { map: input.map, groups: data.groups, write })
        : h('p', { class: 'note' }, words.mapNone),
      ...data.groups.map((group, at) => h(GroupView, { group, at, data, write, lang })),
    ),
  );
}

/** Who a group is, and what sets it apart. */
export function GroupView(
  props: Omit<ViewProps, 'input'> & { group: PageData['groups'][number]; at: number },
): ComponentChild {
  const { group, at, data, write, lang } = props;
  const { words, say, percent } = write;
  const { participants = 0 } = data.counts;
  const { size } = group;
  const apart = setsApart(data, group.letter);
  return h(
    'section',
    { class: 'group' },
    h('h3', { dir: 'auto' }, h(GroupShape, { at }), ' ', write.groupName(group)),
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
