import { h, hydrate, render } from 'preact';
import { isActive } from './job-parts.ts';
import { LiveView } from './live-views.ts';
import type { LiveState } from './state.ts';

/** The script of a page that follows its state: draws what the server sends whenever it has changed. */

const SECOND = 1_000;
const root = document.getElementById('live') as HTMLElement;
const told = document.getElementById('told') as HTMLElement;
const connection = document.getElementById('connection') as HTMLElement;
const start = JSON.parse(document.getElementById('state')?.textContent ?? '') as { state: LiveState; now: number };

let { state } = start;
/** what this machine's clock is ahead of the server's */
const ahead = Date.now() - start.now;

const view = (now: number) => h(LiveView, { state, now });
const jobsOf = (shown: LiveState) => (shown.view === 'jobs' ? shown.jobs : [shown.job]);

hydrate(view(start.now), root);

const events = new EventSource(root.dataset.events ?? '');
events.addEventListener('state', ({ data }) => {
  const before = new Map(jobsOf(state).map(({ job_id, status }) => [job_id, status]));
  state = JSON.parse(data) as LiveState;
  render(view(Date.now() - ahead), root);
  const changed = jobsOf(state).filter(({ job_id, status }) => before.get(job_id) !== status);
  // a reader that cannot see the page hears of it; the first event repeats what the page has
  if (changed.length > 0)
    told.textContent = changed.map(({ job_id, status }) => `job ${job_id} is ${status}`).join('; ');
});
events.addEventListener('open', () => connect('live', 'Live'));
events.addEventListener('error', () => connect('lost', 'The connection is lost: what is shown may be old'));

function connect(state: string, text: string): void {
  connection.dataset.state = state;
  connection.textContent = text;
}

setInterval(() => {
  if (jobsOf(state).some(isActive)) render(view(Date.now() - ahead), root);
}, SECOND);
