import type { Definition } from '../breakage.ts';
import { type BrokenBuild, withSteps } from './build.ts';

/** Mistakes about job rows, and about who works on a job. */
export const ROWS: readonly BrokenBuild[] = [
  {
    name: 'a row is changed whoever has changed it meanwhile',
    scenario: 'cancelled',
    shownBy: undefined,
    breaks: /not CANCELLED/,
    how: withSteps(({ jobs }) => ({
      jobs: {
        ...jobs,
        async get(jobId) {
          const row = await jobs.get(jobId);
          return row?.status === 'CANCELLED' ? { ...row, status: 'PROCESSING' } : row;
        },
        async change(jobId, _condition, set) {
          const { status, version } = (await jobs.get(jobId)) ?? {};
          return jobs.change(jobId, { status: String(status), version }, set);
        },
      },
    })),
  },
  {
    name: 'nothing is tried again',
    scenario: 'one',
    shownBy: 'a.collect#1/dynamodb BatchWriteItem Delphi_NarrativeReports#1 before error lasting',
    breaks: /an operator had to redrive/,
    how: { definition: withoutRetry },
  },
  {
    name: 'a claim takes the row whatever has become of it',
    scenario: 'one',
    shownBy: 'a.submit#1/dynamodb GetItem Delphi_JobQueue#1 after stopped',
    breaks: /changed back: .* was FAILED and is PROCESSING/,
    how: withSteps(({ jobs }) => ({
      jobs: {
        ...jobs,
        async change(jobId, condition, set) {
          if (set.status !== 'PROCESSING') return jobs.change(jobId, condition, set);
          const { status, version } = (await jobs.get(jobId)) ?? {};
          return jobs.change(jobId, { status: String(status), version }, set);
        },
      },
    })),
  },
  {
    name: 'the sweep takes a job that is under way for a lost one',
    scenario: 'two',
    shownBy: undefined,
    breaks: /put back while its execution was at work/,
    how: { executions: (executions) => ({ ...executions, status: async () => 'unknown' }) },
  },
  {
    name: 'a job is COMPLETED though a section was not stored',
    scenario: 'one',
    shownBy: undefined,
    breaks: /is COMPLETED while section/,
    how: withSteps(({ reports }) => ({ reports: { ...reports, write: (rows) => reports.write(rows.slice(1)) } })),
  },
];

function withoutRetry(definition: Definition): Definition {
  const states = structuredClone(definition.States) as Record<string, { Retry?: unknown }>;
  for (const state of Object.values(states)) delete state.Retry;
  return { ...definition, States: states as Definition['States'] };
}
