import type { Answered, BatchEntry } from '../../lambdas/domain/ledger-entries.ts';
import type { ReportRow } from '../../lambdas/domain/report-row.ts';
import type { StepWorld } from '../../local/embedded/steps.ts';
import { currentInvocation } from './invocation.ts';
import type { Breakage, Definition } from './world.ts';

/** A mistake somebody could make in this project, the fault that brings it to light, and the invariant it breaks. */
export interface BrokenBuild {
  name: string;
  scenario: string;
  /** in the text of the single fault that shows it; undefined: no fault is needed */
  shownBy: string | undefined;
  breaks: RegExp;
  how: Breakage;
}

const steps = (change: (world: StepWorld, now: () => Date) => Partial<StepWorld>): Breakage => ({
  steps: (world) => ({ ...world, ...change(world, world.now) }),
});

const withLedger = (change: (world: StepWorld) => Partial<StepWorld['ledger']>): Breakage =>
  steps((world) => ({ ledger: { ...world.ledger, ...change(world) } }));

export const BROKEN_BUILDS: readonly BrokenBuild[] = [
  {
    name: 'no intent is recorded before the call that sends',
    scenario: 'one',
    shownBy: 'a.submit#1/anthropic create#1 after killed',
    breaks: /paid twice/,
    how: withLedger(() => ({ putIntent: async () => 'recorded' })),
  },
  {
    name: 'the call that sends is made again after an unclear answer',
    scenario: 'one',
    shownBy: 'a.submit#1/anthropic create#1 after timeout',
    breaks: /paid twice/,
    how: steps(({ batches }) => ({
      batches: {
        ...batches,
        async send(requests) {
          const answer = await batches.send(requests);
          return answer.kind === 'unclear' ? batches.send(requests) : answer;
        },
      },
    })),
  },
  {
    name: 'an unclear submission is sent again without a look at the list',
    scenario: 'one',
    shownBy: 'a.submit#1/anthropic create#1 after error',
    breaks: /paid twice/,
    how: steps(({ batches }) => ({ batches: { ...batches, createdSince: async () => [] } })),
  },
  {
    name: 'a batch found in the list is taken without proof',
    scenario: 'one',
    shownBy: 'a.submit#1/anthropic create#1 after error',
    breaks: /in no ledger|marked as ours/,
    how: withLedger(({ ledger }) => ({
      updateBatch: ({ adopted: _, ...batch }: BatchEntry) => ledger.updateBatch(batch),
    })),
  },
  {
    name: 'the timestamp of a section is taken when it is written',
    scenario: 'one',
    shownBy: 'a.collect#1/dynamodb BatchWriteItem Delphi_NarrativeReports#1 after killed',
    breaks: /stored twice/,
    how: steps(({ reports }, now) => ({
      reports: {
        ...reports,
        write: (rows: ReportRow[]) => reports.write(rows.map((row) => ({ ...row, timestamp: now().toISOString() }))),
      },
    })),
  },
  {
    name: 'an answer is on record before its section is stored',
    scenario: 'one',
    shownBy: 'a.collect#1/dynamodb BatchWriteItem Delphi_NarrativeRequests#1 after killed',
    breaks: /neither stored nor named|the table has/,
    how: answersFirst(),
  },
  {
    name: 'the raw answer is not kept',
    scenario: 'one',
    shownBy: undefined,
    breaks: /raw answer .* is not kept/,
    how: withLedger(({ ledger }) => ({
      putAnswers: (rows: Answered[]) => ledger.putAnswers(rows.map(({ raw: _, ...row }) => row)),
    })),
  },
  {
    name: 'a row is changed whoever has changed it meanwhile',
    scenario: 'cancelled',
    shownBy: undefined,
    breaks: /not CANCELLED/,
    how: steps(({ jobs }) => ({
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
    how: {
      definition: withoutRetry,
    },
  },
];

/** Sections wait until their answers are on record. */
function answersFirst(): Breakage {
  return steps(({ ledger, reports }) => {
    let waiting: ReportRow[] = [];
    let whose: unknown;
    const write = async (rows: ReportRow[]) => {
      // what a process that died had in memory is gone
      if (whose !== currentInvocation()) waiting = [];
      whose = currentInvocation();
      waiting.push(...rows);
    };
    return {
      reports: { ...reports, write },
      ledger: {
        ...ledger,
        async putAnswers(rows: Answered[]) {
          await ledger.putAnswers(rows);
          const late = waiting;
          waiting = [];
          await reports.write(late);
        },
      },
    };
  });
}

function withoutRetry(definition: Definition): Definition {
  const states = structuredClone(definition.States) as Record<string, { Retry?: unknown }>;
  for (const state of Object.values(states)) delete state.Retry;
  return { ...definition, States: states as Definition['States'] };
}
