import { type ComponentChild, h } from 'preact';
import type { PageData } from '../data.ts';
import { shareOf } from '../shares.ts';
import { type Finding, summaryOf } from '../summary.ts';
import type { Writer } from '../words/words.ts';
import { CommentText } from './evidence.ts';
import type { PartProps } from './props.ts';
import { barClass } from './votes.ts';

/** What the report says first, put together from its proven claims. */
export function SummaryView({ data, write, lang }: PartProps): ComponentChild {
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
