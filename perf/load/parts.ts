import { executionName } from '../../lambdas/shared/names.ts';
import type { Line } from '../print.ts';
import { MOST_EVENTS } from './history-events.ts';
import { longBatch } from './long-batch.ts';
import { manyJobs } from './many-jobs.ts';
import { manyLines } from './many-lines.ts';
import { REFUSAL, streamRecords } from './stream-records.ts';

interface Part {
  title: string;
  lines: Line[];
}

const JOBS = 200;
const RECORDS = 1_000;
const FEW_LINES = 10_000;
const MANY_LINES = 100_000;
/** Collecting hands over with 45 s left. Each invocation first reads what was asked and answered before: it needs more than that. */
const MINUTES = 3;
const LIMIT_MS = 45_000 + MINUTES * 60_000;
/** What counts as the same memory. */
const MOST_GROWTH = 1.15;
/** Step Functions and Lambda try a record a thousand times; what poison does to the others shows with fewer. */
const RETRIES = 20;

const seconds = (figure: number): string => `${figure.toFixed(1)} s`;
const must = (what: string, holds: boolean): string => `${what}: ${holds ? 'yes' : 'no'}`;

/** Each part of the load, run and put into words. */
export const parts: Record<'jobs' | 'lines' | 'batch' | 'stream', () => Promise<Part>> = {
  async jobs() {
    const { ended, errors, planned, stored, twice, batches, deadLetters, seconds: took } = await manyJobs(JOBS);
    return {
      title: `${JOBS} job rows put at once, each of a report of its own`,
      lines: [
        { what: 'until all had ended', figure: seconds(took), note: `${(took / JOBS).toFixed(2)} s a job` },
        { what: 'COMPLETED', figure: `${ended.COMPLETED ?? 0}`, target: must('all', ended.COMPLETED === JOBS) },
        { what: 'sections stored', figure: `${stored} of ${planned}`, target: must('all', stored === planned) },
        { what: 'stored twice', figure: `${twice}`, target: must('none', twice === 0) },
        { what: 'batches', figure: `${batches}`, target: must('one a job', batches === JOBS) },
        ...Object.entries(errors).map(([error, count]) => ({ what: `  ${error.slice(0, 100)}`, figure: `${count}` })),
        { what: 'dead letters', figure: `${deadLetters}`, target: must('none', deadLetters === 0) },
      ],
    };
  },
  async lines() {
    const measured = await manyLines([FEW_LINES, MANY_LINES], LIMIT_MS);
    const lines = measured.flatMap(({ lines: count, ms, peakMiB, invocations, stored }): Line[] => [
      { what: `${count} lines`, figure: seconds(ms / 1000), note: `${invocations} invocations` },
      { what: '  stored, each once', figure: `${stored}`, target: must('all', stored === count) },
      { what: '  peak memory', figure: `${peakMiB.toFixed(0)} MiB` },
    ]);
    const growth = (measured[1]?.peakMiB ?? 0) / (measured[0]?.peakMiB ?? 0);
    const flat = must(`at most × ${MOST_GROWTH}`, growth <= MOST_GROWTH);
    lines.push({ what: 'memory, ten times the lines', figure: `× ${growth.toFixed(2)}`, target: flat });
    return { title: `One batch collected by functions with ${MINUTES} minutes each`, lines };
  },
  async batch() {
    const lines: Line[] = [];
    for (const expiring of [1, 2]) {
      const { row, results, events, checks, hours, batches, seconds: took } = await longBatch(expiring);
      const whole = row.status === 'COMPLETED' && results.stored === results.planned;
      lines.push(
        { what: `${expiring} batch(es) expired`, figure: `${hours.toFixed(1)} h`, note: `${seconds(took)} here` },
        { what: '  status checks', figure: `${checks}` },
        { what: '  history events', figure: `${events}`, target: must(`under ${MOST_EVENTS}`, events < MOST_EVENTS) },
        { what: '  asked again, all stored', figure: `${batches} batches`, target: must('COMPLETED', whole) },
      );
    }
    return { title: 'A batch that runs for 24 hours and expires (virtual clock)', lines };
  },
  async stream() {
    const ran = await streamRecords(RECORDS, RETRIES);
    const names = new Set(ran.started);
    const started = ran.good.filter((jobId) => names.has(executionName(jobId, 1))).length;
    const told = ran.deadLetters.filter((jobId) => ran.reasons.get(jobId)?.has(REFUSAL)).length;
    const marked = ran.unreadable.filter((jobId) => ran.rows.get(jobId)?.status === 'FAILED').length;
    return {
      title: `${RECORDS} stream records, one in ten of them poison`,
      lines: [
        { what: 'delivered', figure: seconds(ran.seconds), note: `${ran.calls} calls of dispatch` },
        {
          what: 'good: started, each once',
          figure: `${started}`,
          target: must('all', started === ran.good.length && names.size === started),
        },
        {
          what: 'refused by Step Functions: dead letters, reason in the log',
          figure: `${told}`,
          target: must('all', told === ran.poison.length && ran.deadLetters.length === told),
        },
        {
          what: 'rows not understood: FAILED, reason on the row',
          figure: `${marked}`,
          target: must('all', marked === ran.unreadable.length),
        },
      ],
    };
  },
};
