import { type ComponentChild, Fragment, h } from 'preact';
import type { CoverageFigures } from '../../claims/trust.ts';
import type { CommentLeftOut } from '../../comments.ts';
import { clausesOf, commentId, type PageData, STANDINGS, type Standing } from '../data.ts';
import type { Writer } from '../words/words.ts';
import type { ViewProps } from './props.ts';

const COUNTED = {
  proven: 'trustProven',
  content: 'trustContent',
  thin: 'trustThin',
  unchecked: 'trustUnchecked',
  failed: 'trustFailed',
} as const;

/** How far the report can be trusted, in words and figures for everybody. */
export function TrustView({ data, input, write, unguarded }: ViewProps & { unguarded: number }): ComponentChild {
  const { words, say } = write;
  const clauses = clausesOf(data);
  const counts = STANDINGS.map((standing) => ({
    standing,
    n: clauses.filter(({ clause }) => clause.standing === standing).length,
  })).filter(({ n }) => n > 0);
  const takenOut = data.sections.reduce((sum, section) => sum + section.takenOut.length, 0);
  const checked = data.sections.some((section) => section.checked);
  const written = data.sections.filter(({ state }) => state === 'written');
  return h(
    'section',
    { id: 'trust' },
    h('h2', {}, words.trust),
    clauses.length > 0 && h(StandingBar, { counts, all: clauses.length }),
    h(
      'ul',
      { class: 'standings' },
      ...counts.map(({ standing, n }) => h('li', { class: standing }, say(words[COUNTED[standing]], { n }))),
      takenOut > 0 && h('li', { class: 'out' }, say(words.trustTakenOut, { n: takenOut })),
    ),
    h('p', {}, checked ? words.trustHow : words.trustOff),
    checked && written.some((section) => !section.checked) && h('p', {}, words.trustSome),
    unguarded > 0 && h('p', {}, say(words.trustUnguarded, { n: unguarded })),
    h('p', {}, words.trustNot),
    input.coverage && h(CoverageView, { coverage: input.coverage, data, write }),
    h(Facts, { data, input, write }),
    h(
      'div',
      { class: 'check js', id: 'check' },
      h('h3', {}, words.check),
      h('p', {}, words.checkHow),
      h('p', {}, h('button', { type: 'button', id: 'prove' }, words.checkButton)),
      h('div', { id: 'proved', role: 'status' }),
      h(
        'p',
        { class: 'downloads' },
        `${words.download}: `,
        h('button', { type: 'button', id: 'json' }, words.downloadJson),
        ' ',
        h('button', { type: 'button', id: 'csv' }, words.downloadCsv),
      ),
    ),
  );
}

/** One strip for all statements: a piece for each standing, drawn in whole percents. */
function StandingBar({
  counts,
  all,
}: {
  counts: readonly { standing: Standing; n: number }[];
  all: number;
}): ComponentChild {
  let before = 0;
  return h(
    'svg',
    { class: 'strip', viewBox: '0 0 100 3', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    ...counts.map(({ standing, n }) => {
      const width = (n / all) * 100;
      const rect = h('rect', { class: standing, x: before.toFixed(2), width: width.toFixed(2), height: 3 });
      before += width;
      return rect;
    }),
  );
}

function CoverageView(props: { coverage: CoverageFigures; data: PageData; write: Writer }): ComponentChild {
  const { coverage, data, write } = props;
  const { words, say } = write;
  const { voters } = coverage;
  return h(
    Fragment,
    {},
    h('h3', {}, words.coverage),
    h(
      'ul',
      {},
      ...coverage.groups.map(({ letter, representative, cited }) =>
        h(
          'li',
          {},
          `${write.names([letter], data.groups)}: `,
          representative.length === 0
            ? words.coverageNone
            : say(words.coverageGroup, { cited: cited.length, all: representative.length }),
        ),
      ),
      voters && voters.voters > 0 && h('li', {}, say(words.coverageVoters, { n: voters.cited, all: voters.voters })),
    ),
    coverage.missing.length > 0 && h('p', {}, `${words.coverageMissing} `, ...commentLinks(coverage.missing)),
  );
}

export const commentLinks = (tids: readonly number[]) =>
  tids.flatMap((tid, at) => [at > 0 ? ', ' : '', h('a', { href: `#${commentId(tid)}` }, String(tid))]);

function Facts({ data, input, write }: Omit<ViewProps, 'lang'>): ComponentChild {
  const { words } = write;
  const price =
    input.costUsd === undefined || data.simulated
      ? undefined
      : new Intl.NumberFormat(words.language, { style: 'currency', currency: 'USD', maximumFractionDigits: 4 }).format(
          input.costUsd,
        );
  const facts: [string, string | undefined][] = [
    [words.model, data.simulated ? words.simulatedModel : data.model],
    [words.promptVersion, data.prompt_version],
    [words.price, price],
    [words.date, write.date(data.date)],
    [words.reportId, data.report_id],
  ];
  return h(
    'dl',
    { class: 'facts' },
    ...facts.flatMap(([name, value]) => (value ? [h('div', {}, h('dt', {}, name), h('dd', {}, value))] : [])),
  );
}

/** What a reader would look for and not find. */
export function LeftOutView({ data, input, write }: Omit<ViewProps, 'lang'>): ComponentChild {
  const { words, say } = write;
  const { leftOut = {}, inNoSection = { count: 0, mostVoted: [] } } = input;
  const without = data.sections.filter(({ state }) => state !== 'written');
  const takenOut = data.sections.filter((section) => section.takenOut.length > 0);
  const reasons = Object.entries(leftOut).filter(([, n]) => n > 0) as [CommentLeftOut, number][];
  const nothing = reasons.length + inNoSection.count + without.length + takenOut.length === 0;
  return h(
    'section',
    { id: 'left-out' },
    h('h2', {}, words.leftOut),
    nothing
      ? h('p', {}, words.leftOutNone)
      : h(
          'ul',
          {},
          ...reasons.map(([reason, n]) => h('li', {}, say(words.leftOutBecause[reason], { n }))),
          ...without.map(({ title, why = '' }) =>
            h('li', {}, h('b', { dir: 'auto' }, title), ': ', h('span', { dir: 'auto' }, why)),
          ),
          ...takenOut.flatMap((section) =>
            section.takenOut.map(({ why }) =>
              h(
                'li',
                {},
                h('a', { href: `#${section.id}`, dir: 'auto' }, section.title),
                ': ',
                h('span', { dir: 'auto' }, reasonOf(why)),
              ),
            ),
          ),
          inNoSection.count > 0 &&
            h(
              'li',
              {},
              say(words.inNoSection, { n: inNoSection.count }),
              inNoSection.mostVoted.length > 0 && [
                ` ${words.inNoSectionMost} `,
                ...commentLinks(inNoSection.mostVoted),
              ],
            ),
        ),
  );
}

/** Why a sentence was taken out, without the claim's code in front, which only operators know. */
const reasonOf = (why: string): string => why.replace(/^[a-zA-Z][+-]?( [A-Z\d,]+)?(>[A-Z\d,]+)?: /, '');
