import { type ComponentChildren, Fragment, h, type JSX } from 'preact';
import type { JobState, Service } from './state.ts';
import { clock, counted, elapsed, usd } from './words.ts';

/** Parts that the list of jobs and the page of one job share. `now` is in ms since the epoch. */

export const pathOfJob = (jobId: string): string => `/jobs/${encodeURIComponent(jobId)}`;
export const pathOfReport = (reportId: string): string => `/reports/${encodeURIComponent(reportId)}`;
/** A stored report as one HTML page, as the HTTP API gives it. */
export const pathOfStored = (reportId: string, jobId: string): string =>
  `/api/v3/delphi/reports/${encodeURIComponent(reportId)}/html?${new URLSearchParams({ job_id: jobId })}`;

export const Time = ({ at }: { at: string | null }): JSX.Element =>
  at ? h('time', { dateTime: at }, `${clock(at)} UTC`) : h('span', null, '–');

export const Status = ({ status }: { status: string }): JSX.Element =>
  h('span', { class: `status ${/^[A-Z]+$/.test(status) ? status.toLowerCase() : 'other'}` }, status);

/** Terms and what they are; those that are undefined are left out. */
export const Facts = ({ of }: { of: [string, ComponentChildren | undefined][] }): JSX.Element =>
  h(
    'dl',
    { class: 'facts' },
    of.map(
      ([term, value]) => value !== undefined && h('div', { key: term }, h('dt', null, term), h('dd', null, value)),
    ),
  );

/** A table with a heading row that scrolls by itself where the page is too narrow for it. */
export const ScrollTable = ({ head, named, children }: ScrollTableProps): JSX.Element =>
  h(
    'div',
    { class: 'scroll', tabIndex: 0, role: 'region', ...named },
    h(
      'table',
      null,
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          head.map((name) => h('th', { key: name, scope: 'col' }, name)),
        ),
      ),
      h('tbody', null, children),
    ),
  );
interface ScrollTableProps {
  head: readonly string[];
  /** what a screen reader calls it */
  named: { 'aria-label': string } | { 'aria-labelledby': string };
  children?: ComponentChildren;
}

export const Simulated = (): JSX.Element =>
  h(
    'p',
    { class: 'note' },
    h('strong', null, 'SIMULATED: '),
    'a stand-in writes the text from the vote counts. No model is called, and nothing is paid; amounts are what a model would have cost.',
  );

/** How many sections have their text, as a bar and in words. */
export function Sections({ job }: { job: JobState }): JSX.Element {
  const { sections, status } = job;
  if (!sections)
    return h(
      'p',
      { class: 'sections' },
      status === 'PENDING' ? 'Not planned yet.' : 'Its sections are not planned yet, or its ledger is gone.',
    );
  const { planned, stored, reused, failed } = sections;
  const more = [
    ...(reused > 0 ? [`${reused} of them reused`] : []),
    ...(failed > 0 ? [`${failed} ${isActive(job) ? 'failed or to be asked for again' : 'not written'}`] : []),
  ];
  return h(
    'p',
    { class: 'sections' },
    h('progress', { max: Math.max(1, planned), value: stored, 'aria-label': 'sections stored' }),
    h('span', null, `${stored} of ${counted(planned, 'section')} stored${more.map((text) => `, ${text}`).join('')}`),
  );
}

const ACTIVE = ['PENDING', 'PROCESSING'];
export const isActive = ({ status }: Pick<JobState, 'status'>): boolean => ACTIVE.includes(status);

/** What the job does now, or why it failed. */
export const Now = ({ job }: { job: JobState }): JSX.Element =>
  h(
    Fragment,
    null,
    job.waits_for && h('p', { class: 'waits' }, h('strong', null, 'Now: '), job.waits_for),
    job.error &&
      h(
        'p',
        { class: 'error' },
        h('strong', null, job.status === 'CANCELLED' ? 'How it ended: ' : 'Why it failed: '),
        job.error,
      ),
  );

export function duration({ started_at, completed_at, status }: JobState, now: number): string | undefined {
  if (!started_at) return undefined;
  if (completed_at) return elapsed(started_at, Date.parse(completed_at));
  return status === 'FAILED' ? undefined : elapsed(started_at, now);
}

/** What a job cost, or is expected to cost while it is under way. */
export function cost(job: JobState, { simulated }: Service): string | undefined {
  const { cost_usd, expected_usd, sections } = job;
  if (!sections) return undefined;
  const expected = expected_usd === null ? '' : usd(expected_usd);
  if (isActive(job) && !cost_usd) return expected ? `about ${expected} expected` : 'price unknown';
  return `${simulated ? 'would be ' : ''}${usd(cost_usd)}${expected && ` (${expected} expected)`}`;
}

interface Ask {
  what: 'cancel' | 'redrive' | 'publish';
  label: string;
  does: string;
  button: string;
}

const ASKS: Ask[] = [
  {
    what: 'cancel',
    label: 'Cancel',
    does: 'Nothing more is sent, and no report is published. Answers that are ready by then are paid for and kept for the next job.',
    button: 'Cancel this job',
  },
  {
    what: 'redrive',
    label: 'Redrive',
    does: 'The job continues where it stopped: batches that are paid for are collected, and only what is missing is bought.',
    button: 'Redrive this job',
  },
  {
    what: 'publish',
    label: 'Publish',
    does: 'What the job has becomes the newest report that readers see, with a sentence in every gap.',
    button: 'Publish what it has',
  },
];

/** What can be asked of a job. Each is asked twice: a click opens it, and its button does it. */
export function Asks({ job, service }: { job: JobState; service: Service }): JSX.Element | null {
  const asks = ASKS.filter(({ what }) => job.may[what]);
  if (asks.length === 0) return null;
  return h(
    'div',
    { class: 'asks' },
    asks.map(({ what, label, does, button }) =>
      h(
        'details',
        { key: what },
        h('summary', null, label, h('span', { class: 'hidden' }, ` job ${job.job_id}`)),
        what === 'redrive' && !service.may_spend
          ? h('p', null, NO_SPENDING)
          : h(
              'form',
              { method: 'post', action: `${pathOfJob(job.job_id)}/${what}` },
              h('p', null, does),
              h('button', { type: 'submit' }, button),
            ),
      ),
    ),
  );
}

export const NO_SPENDING = 'This would cost money. Start the command with --yes to allow it from this page.';
