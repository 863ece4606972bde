import { type ComponentChildren, Fragment, h, type JSX } from 'preact';
import type { ClaimGroup } from '../../lambdas/report/claims/evidence.ts';
import type { Tally } from '../../lambdas/report/votes.ts';
import { claimWords } from './claim-words.ts';
import type { ChangedClause, Comparison, RunClause } from './compare-runs.ts';
import { pathOfJob, pathOfReport, pathOfStored, ScrollTable, Simulated, Time } from './job-parts.ts';
import { count, counted } from './words.ts';

/** One run of a report, as it is listed. */
export interface ShownRun {
  job_id: string;
  timestamp: string;
  model: string;
  sections: number;
  /** of them, those that only say why they are missing */
  gaps: number;
  /** whether a job of this id can be looked at */
  has_job: boolean;
}

/** A report in its runs, newest first. */
export const ReportView = ({ reportId, runs, simulated }: RunsProps & { simulated: boolean }): JSX.Element =>
  h(
    Fragment,
    null,
    h('p', { class: 'back' }, h('a', { href: '/' }, '← All jobs')),
    h('h1', null, `Report ${reportId}`),
    simulated && h(Simulated, null),
    runs.length === 0
      ? h('p', { class: 'empty' }, 'Nothing of this report is stored yet.')
      : h(Fragment, null, h(Runs, { reportId, runs }), runs.length > 1 && h(ChooseRuns, { reportId, runs })),
  );

interface RunsProps {
  reportId: string;
  runs: readonly ShownRun[];
}

const Runs = ({ reportId, runs }: RunsProps): JSX.Element =>
  h(
    Fragment,
    null,
    h('h2', null, 'Runs'),
    h(
      'ol',
      { class: 'runs' },
      runs.map(({ job_id, timestamp, model, sections, gaps, has_job }, at) =>
        h(
          'li',
          { key: job_id, class: 'card' },
          h(
            'h3',
            null,
            h(Time, { at: timestamp }),
            at === 0 && h('span', { class: 'status completed' }, 'newest: what readers see'),
          ),
          h('p', null, `${counted(sections, 'section')}${gaps > 0 ? `, ${gaps} of them missing` : ''}, by ${model}`),
          h(
            'p',
            null,
            h(
              'a',
              { href: pathOfStored(reportId, job_id) },
              'Read this report',
              h('span', { class: 'hidden' }, ` of ${job_id}`),
            ),
            ' · ',
            has_job ? h('a', { href: pathOfJob(job_id) }, job_id) : job_id,
          ),
        ),
      ),
    ),
  );

const ChooseRuns = ({ reportId, runs }: RunsProps): JSX.Element =>
  h(
    'section',
    { class: 'card', 'aria-labelledby': 'compare' },
    h('h2', { id: 'compare' }, 'Compare two runs'),
    h(
      'form',
      { method: 'get', action: `${pathOfReport(reportId)}/compare`, class: 'start' },
      h(Choice, { name: 'earlier', label: 'Earlier run', runs, chosen: 1 }),
      h(Choice, { name: 'later', label: 'Later run', runs, chosen: 0 }),
      h('button', { type: 'submit' }, 'Compare by claims'),
    ),
  );

interface ChoiceProps {
  name: string;
  label: string;
  runs: readonly ShownRun[];
  chosen: number;
}
const Choice = ({ name, label, runs, chosen }: ChoiceProps): JSX.Element =>
  h(
    Fragment,
    null,
    h('label', { for: name }, label),
    h(
      'select',
      { id: name, name },
      runs.map(({ job_id, timestamp, model }, at) =>
        h(
          'option',
          { key: job_id, value: job_id, selected: at === chosen },
          `${timestamp.slice(0, 19).replace('T', ' ')} – ${model}`,
        ),
      ),
    ),
  );

interface Compared {
  reportId: string;
  earlier: ShownRun;
  later: ShownRun;
  comparison: Comparison;
  /** text of each comment by tid, as far as it could be read */
  texts: ReadonlyMap<number, string>;
}

/** What is new in the later of two runs, what is gone, and where the same is claimed of other votes. */
export function CompareView({ reportId, earlier, later, comparison, texts }: Compared): JSX.Element {
  const { added, gone, changed, same, groups } = comparison;
  const nothing = added.length + gone.length + changed.length === 0;
  return h(
    Fragment,
    null,
    h('p', { class: 'back' }, h('a', { href: pathOfReport(reportId) }, `← Report ${reportId}`)),
    h('h1', null, 'Two runs compared'),
    h(
      'dl',
      { class: 'facts' },
      [['Earlier', earlier] as const, ['Later', later] as const].map(([term, run]) =>
        h('div', { key: term }, h('dt', null, term), h('dd', null, h(Time, { at: run.timestamp }), ` by ${run.model}`)),
      ),
    ),
    h(
      'p',
      null,
      'A clause is the same in both runs when it claims the same of the same comments, whatever its words. ',
      h(
        'strong',
        null,
        `${count(added.length)} new, ${count(gone.length)} gone, ${count(changed.length)} with other votes, ${count(same)} the same.`,
      ),
    ),
    h(Groups, groups),
    h(
      Part,
      { id: 'changed', title: 'The same claim, other votes', clauses: changed },
      ...changed.map((one) => h(Changed, { one, texts, groups: groups.later })),
    ),
    h(
      Part,
      { id: 'added', title: 'New in the later run', clauses: added },
      ...added.map((clause) => h(Clause, { clause, texts })),
    ),
    h(
      Part,
      { id: 'gone', title: 'Gone from the later run', clauses: gone },
      ...gone.map((clause) => h(Clause, { clause, texts })),
    ),
    nothing && h('p', { class: 'empty' }, 'Nothing is new, gone or changed.'),
    h(OnlyIn, { title: 'Sections only in the later run', sections: comparison.sections.added }),
    h(OnlyIn, { title: 'Sections only in the earlier run', sections: comparison.sections.gone }),
  );
}

/** Letters are given by size or order: they may stand for other people when the groups have changed. */
function Groups({ earlier, later }: Comparison['groups']): JSX.Element | null {
  const told = (groups: readonly ClaimGroup[]) =>
    groups.map(({ letter, size }) => `${letter} ${count(size)}`).join(', ');
  if (earlier.length === 0 || later.length === 0 || told(earlier) === told(later)) return null;
  return h(
    'p',
    { class: 'note' },
    h('strong', null, 'The opinion groups have changed: '),
    `${told(earlier)} people became ${told(later)}. A letter may stand for other people than before.`,
  );
}

interface PartProps {
  id: string;
  title: string;
  clauses: readonly unknown[];
  children?: ComponentChildren;
}
const Part = ({ id, title, clauses, children }: PartProps): JSX.Element | null =>
  clauses.length === 0
    ? null
    : h(
        'section',
        { 'aria-labelledby': id },
        h('h2', { id }, `${title} (${count(clauses.length)})`),
        h('ul', { class: 'clauses' }, children),
      );

const About = ({ clause: { claim, text, sections } }: { clause: RunClause }): JSX.Element =>
  h(
    Fragment,
    null,
    h('h3', null, claimWords(claim)),
    h('blockquote', { dir: 'auto' }, text),
    h('p', { class: 'small' }, `In: ${sections.join('; ')}`),
  );

const Clause = ({ clause, texts }: { clause: RunClause; texts: ReadonlyMap<number, string> }): JSX.Element =>
  h(
    'li',
    { class: 'card' },
    h(About, { clause }),
    h(
      'ul',
      { class: 'cited' },
      clause.citations.map((tid) => h('li', { key: tid }, h(Comment, { tid, texts }))),
    ),
  );

const Comment = ({ tid, texts }: { tid: number; texts: ReadonlyMap<number, string> }): JSX.Element =>
  h(Fragment, null, h('b', null, `Comment ${tid}`), texts.has(tid) && h('span', { dir: 'auto' }, ` ${texts.get(tid)}`));

interface ChangedProps {
  one: ChangedClause;
  texts: ReadonlyMap<number, string>;
  groups: readonly ClaimGroup[];
}
function Changed({ one: { clause, votes }, texts, groups }: ChangedProps): JSX.Element {
  const labels = new Map(groups.map(({ letter, label }) => [letter, label]));
  return h(
    'li',
    { class: 'card' },
    h(About, { clause }),
    h(
      ScrollTable,
      {
        head: ['Comment', 'Whose votes', 'Earlier', 'Later'],
        named: { 'aria-label': `votes on the comments of: ${claimWords(clause.claim)}` },
      },
      votes.map(({ tid, group, earlier, later }) =>
        h(
          'tr',
          { key: `${tid} ${group}` },
          h('th', { scope: 'row' }, h(Comment, { tid, texts })),
          h('td', null, group === undefined ? 'All participants' : (labels.get(group) ?? `Group ${group}`)),
          h('td', null, h(Votes, { of: earlier })),
          h('td', null, h(Votes, { of: later })),
        ),
      ),
    ),
  );
}

/** 0 to 100 */
const share = (part: number, all: number): number => (all === 0 ? 0 : (part / all) * 100);
const percent = (part: number, all: number): string => `${Math.round(share(part, all))}%`;

const Votes = ({ of: { agrees, disagrees, passes, votes } }: { of: Tally }): JSX.Element =>
  h(
    Fragment,
    null,
    h(
      'svg',
      { class: 'bar', viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
      h('rect', { class: 'agree', x: 0, width: share(agrees, votes), height: 8 }),
      h('rect', { class: 'disagree', x: share(agrees, votes), width: share(disagrees, votes), height: 8 }),
    ),
    `${count(agrees)} agree (${percent(agrees, votes)}), ${count(disagrees)} disagree (${percent(disagrees, votes)}), ${count(passes)} pass`,
  );

const OnlyIn = ({ title, sections }: { title: string; sections: readonly string[] }): JSX.Element | null =>
  sections.length === 0
    ? null
    : h(
        Fragment,
        null,
        h('h2', null, title),
        h(
          'ul',
          null,
          sections.map((section) => h('li', { key: section, dir: 'auto' }, section)),
        ),
      );

/** Why something could not be done or shown. */
export const ProblemView = ({ title, why, back }: { title: string; why: string; back: string }): JSX.Element =>
  h(
    Fragment,
    null,
    h('h1', null, title),
    h('p', { class: 'error', role: 'alert' }, why),
    h('p', { class: 'back' }, h('a', { href: back }, '← Back')),
  );
