import type { BatchStatus } from '../lambdas/stores/anthropic.ts';
import type { ListedJob } from './commands/jobs.ts';
import type { Redriven } from './commands/redrive.ts';
import type { ReportRuns } from './commands/reports.ts';
import type { Swept } from './commands/sweep.ts';
import type { Change, Watched } from './commands/watch.ts';
import type { Finding } from './doctor/finding.ts';

/** Rows of text in columns, each as wide as its widest cell; the last one is not padded. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

/** `2026-11-22 12:00:00`, in UTC as rows have it. */
const time = (iso: string): string => iso.slice(0, 19).replace('T', ' ');

/** What control characters and line breaks would do to a terminal, they do not. */
export const plainLine = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').trim();

const shortened = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** A list of jobs. */
export function jobsText(jobs: readonly ListedJob[]): string {
  if (jobs.length === 0) return 'no jobs';
  const rows = jobs.map(({ job_id, status, created_at, model, progress }) => [
    job_id,
    status,
    time(created_at),
    model ?? '',
    shortened(plainLine(progress), 100),
  ]);
  return columns([['JOB_ID', 'STATUS', 'CREATED (UTC)', 'MODEL', 'PROGRESS'], ...rows]);
}

/** The stored sections of a report. */
export const reportsText = ({ runs }: ReportRuns): string =>
  runs
    .map(({ job_id, latest_timestamp, model, current, sections }) => {
      const failed = sections.filter(({ errors }) => errors !== null).length;
      const title = `${job_id || '(no job)'}  ${time(latest_timestamp)}  ${model ?? ''}  ${sections.length} sections${failed > 0 ? `, ${failed} failed` : ''}${current ? '  (newest: what the web client shows)' : ''}`;
      return [
        title,
        ...sections.map(
          ({ rid_section_model, errors }) => `  ${rid_section_model}${errors ? `  ${plainLine(errors)}` : ''}`,
        ),
      ].join('\n');
    })
    .join('\n\n');

/** A batch as Anthropic tells of it. */
export function batchText({ id, processing_status, counts, created_at, expires_at, ...more }: BatchStatus): string {
  const facts = Object.entries(more).filter(([, value]) => typeof value === 'string');
  return columns([
    ['batch', id],
    ['status', processing_status],
    [
      'requests',
      Object.entries(counts)
        .map(([name, count]) => `${count} ${name}`)
        .join(', '),
    ],
    ['created', created_at],
    ...facts.map(([name, value]) => [name.replace(/_at$/, ''), String(value)]),
    ['expires', expires_at],
  ]);
}

/** One change of a watched job. */
export const changeText = ({ at, what }: Change): string => `${at.slice(11, 19)}  ${plainLine(what)}`;

/** How a watched job ended. */
export function watchedText({ job_id, status, error, stopped }: Watched): string {
  if (stopped) return `job ${job_id} is ${status} and goes on; narratives watch ${job_id} follows it again`;
  const report = status === 'FAILED' ? '' : `; narratives job ${job_id} tells what it did`;
  return `job ${job_id} ended ${status}${error ? `: ${plainLine(error)}` : ''}${report}`;
}

/** What comes of a job put back to PENDING. */
export const redrivenText = ({ job_id, execution }: Redriven): string =>
  `job ${job_id} is PENDING again; its stream starts execution ${execution} (narratives watch ${job_id})`;

/** What the sweep found, and what became of the dead letters. */
export function sweptText({ sweep, dead_letters: { received, deleted } }: Swept): string {
  const told = Object.entries(sweep).map(([name, value]) => {
    const shown = Array.isArray(value) ? value.length : value;
    return `${name.replaceAll('_', ' ')}: ${typeof shown === 'object' ? JSON.stringify(shown) : String(shown)}`;
  });
  return `sweep: ${told.join(', ')}\ndead letters: ${received} received, ${deleted} deleted`;
}

/** A line for each check. */
export function findingsText(findings: readonly Finding[]): string {
  const lines = findings.map(
    ({ state, what, found, todo }) => `${state.padEnd(4)}  ${what}: ${found}${todo ? `; ${todo}` : ''}`,
  );
  const count = (state: Finding['state']) => findings.filter((finding) => finding.state === state).length;
  return [...lines.map(plainLine), `${count('ok')} ok, ${count('warn')} to look at, ${count('FAIL')} failed`].join(
    '\n',
  );
}
