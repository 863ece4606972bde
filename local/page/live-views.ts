import { Fragment, h, type JSX } from 'preact';
import {
  Asks,
  cost,
  duration,
  Facts,
  NO_SPENDING,
  Now,
  pathOfJob,
  pathOfReport,
  ScrollTable,
  Sections,
  Simulated,
  Status,
  Time,
} from './job-parts.ts';
import type { JobDetails, JobPageState, JobState, JobsPageState, LiveState, Service } from './state.ts';
import { clock, count, counted, usd } from './words.ts';

/** What a page shows that follows its state. @param now ms since the epoch */
export const LiveView = ({ state, now }: { state: LiveState; now: number }): JSX.Element =>
  h(
    Fragment,
    null,
    state.service.simulated && h(Simulated, null),
    state.view === 'jobs' ? h(JobsView, { state, now }) : h(JobView, { state, now }),
  );

const JobsView = ({ state, now }: { state: JobsPageState; now: number }): JSX.Element =>
  h(
    'div',
    { class: 'columns' },
    h(
      'div',
      null,
      h('h1', null, 'Jobs'),
      state.jobs.length === 0
        ? h('p', { class: 'empty' }, 'There is no job yet.')
        : h(
            'ul',
            { class: 'jobs' },
            state.jobs.map((job) => h('li', { key: job.job_id }, h(Job, { job, service: state.service, now }))),
          ),
    ),
    h('div', { class: 'aside' }, h(Day, { service: state.service }), h(Start, { state })),
  );

/** What is spent and reserved on the UTC day. */
function Day({ service: { day } }: { service: Service }): JSX.Element {
  const { committed_usd, open_usd, unpriced_rounds, budget_usd } = day;
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'day' },
    h('h2', { id: 'day' }, 'Budget of the day'),
    h(
      'p',
      { class: 'figure' },
      usd(committed_usd),
      h('small', null, budget_usd === null ? ' ' : ` of ${usd(budget_usd)}`),
    ),
    budget_usd !== null &&
      h('meter', {
        min: 0,
        max: budget_usd,
        high: budget_usd * 0.8,
        value: Math.min(committed_usd, budget_usd),
        'aria-label': 'spent or reserved of the budget of the day',
      }),
    h(
      'p',
      { class: 'small' },
      `Spent or reserved on ${day.day} (UTC)${open_usd > 0 ? `; ${usd(open_usd)} of it is reserved for rounds that are under way` : ''}. `,
      budget_usd === null
        ? 'No budget is set (DAY_BUDGET_USD).'
        : 'A job that could cost more than what is left is refused.',
      unpriced_rounds > 0 && ` ${counted(unpriced_rounds, 'round')} of models without a known price are not counted.`,
    ),
  );
}

function Start({ state: { reports, default_model, service } }: { state: JobsPageState }): JSX.Element {
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'start' },
    h('h2', { id: 'start' }, 'Start a report'),
    service.may_spend
      ? h(
          'form',
          { method: 'post', action: '/jobs', class: 'start' },
          h('label', { for: 'report_id' }, 'Report id'),
          h('input', {
            id: 'report_id',
            name: 'report_id',
            required: true,
            defaultValue: reports[0]?.report_id ?? '',
            list: 'known-reports',
            autocomplete: 'off',
            spellcheck: false,
          }),
          h(
            'datalist',
            { id: 'known-reports' },
            reports.map(({ report_id, title }) => h('option', { key: report_id, value: report_id }, title)),
          ),
          h('label', { for: 'model' }, 'Model'),
          h('input', {
            id: 'model',
            name: 'model',
            placeholder: default_model,
            autocomplete: 'off',
            spellcheck: false,
          }),
          h(
            'label',
            { class: 'check' },
            h('input', { type: 'checkbox', name: 'no_cache', value: 'true' }),
            ' Ask for every section again, also where nothing has changed',
          ),
          h('button', { type: 'submit' }, 'Start'),
        )
      : h('p', null, NO_SPENDING),
  );
}

const Job = ({ job, service, now }: { job: JobState; service: Service; now: number }): JSX.Element =>
  h(
    'article',
    { class: 'card', 'aria-label': `job ${job.job_id}` },
    h('h2', null, h(Status, { status: job.status }), ' ', h('a', { href: pathOfJob(job.job_id) }, job.job_id)),
    h(Sections, { job }),
    h(Now, { job }),
    h(Facts, { of: facts(job, service, now) }),
    h(Asks, { job, service }),
  );

const facts = (job: JobState, service: Service, now: number): [string, JSX.Element | string | undefined][] => [
  ['Report', job.report_id ? h('a', { href: pathOfReport(job.report_id) }, job.report_id) : undefined],
  ['Model', job.model ?? undefined],
  ['Created', h(Time, { at: job.created_at })],
  ['Duration', duration(job, now)],
  ['Rounds', job.rounds > 0 ? count(job.rounds) : undefined],
  ['Batches', job.batches.length > 0 ? batchesText(job) : undefined],
  ['Cost', cost(job, service)],
];

/** How many batches are in each state, such as `1 collected, 1 submitted`. */
function batchesText({ batches }: JobState): string {
  const states = Map.groupBy(batches, ({ state }) => state);
  return [...states].map(([state, all]) => `${all.length} ${state}`).join(', ');
}

const JobView = ({ state: { job, service }, now }: { state: JobPageState; now: number }): JSX.Element =>
  h(
    Fragment,
    null,
    h('p', { class: 'back' }, h('a', { href: '/' }, '← All jobs')),
    h('h1', null, h(Status, { status: job.status }), ' ', job.job_id),
    h(Sections, { job }),
    h(Now, { job }),
    job.published_at &&
      h('p', { class: 'note' }, 'A person has published what it has: ', h(Time, { at: job.published_at })),
    h(Facts, {
      of: [
        ...facts(job, service, now),
        ['Started', h(Time, { at: job.started_at })],
        ['Ended', h(Time, { at: job.completed_at })],
        ['Tokens', job.tokens ? `${count(job.tokens.input)} in, ${count(job.tokens.output)} out` : undefined],
        ['Execution', job.execution ?? undefined],
        ['Worker', job.worker && job.worker !== job.execution ? job.worker : undefined],
      ],
    }),
    h(Asks, { job, service }),
    h(Batches, { job }),
    h(NotWritten, { job }),
    h('h2', null, 'Log'),
    job.log.length === 0
      ? h('p', { class: 'empty' }, 'Its row has no log.')
      : h(
          'ol',
          { class: 'log' },
          job.log.map(({ at, message }, index) =>
            h('li', { key: `${at} ${index}` }, h('time', { dateTime: at }, clock(at)), ' ', message),
          ),
        ),
  );

const Batches = ({ job: { batches } }: { job: JobDetails }): JSX.Element | null =>
  batches.length === 0
    ? null
    : h(
        Fragment,
        null,
        h('h2', { id: 'batches' }, 'Rounds and batches'),
        h(
          ScrollTable,
          { head: ['Round', 'Part', 'State', 'Requests', 'Batch'], named: { 'aria-labelledby': 'batches' } },
          batches.map(({ round, part, state, requests, batch_id }) =>
            h(
              'tr',
              { key: `${round} ${part}` },
              [round, part + 1, state, requests, batch_id ?? 'not confirmed'].map((cell) => h('td', null, cell)),
            ),
          ),
        ),
      );

/** Sections without a text, and why. */
function NotWritten({ job: { failed, left_out } }: { job: JobDetails }): JSX.Element | null {
  if (failed.length + left_out.length === 0) return null;
  return h(
    Fragment,
    null,
    h('h2', null, 'Not written'),
    h(
      'ul',
      null,
      failed.map(({ title, message }) => h('li', { key: title }, h('strong', null, title), `: ${message}`)),
      left_out.map((title) => h('li', { key: title }, h('strong', null, title), ': no comment belongs to it')),
    ),
  );
}
