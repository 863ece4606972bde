import type { ReportRow } from '../../lambdas/report/row.ts';
import type { Answered, BatchEntry } from '../../lambdas/shared/ledger-rows.ts';
import type { StepWorld } from '../../local/embedded/steps.ts';
import type { Breakage, Definition } from './world.ts';

/** A mistake somebody could make in this project, the fault that brings it to light, and the invariant it breaks. */
export interface BrokenBuild {
  name: string;
  scenario: string;
  /** the text of the single fault that shows it; undefined: no fault is needed */
  shownBy: string | undefined;
  breaks: RegExp;
  how: Breakage;
}

const withSteps = (change: (world: StepWorld) => Partial<StepWorld>): Breakage => ({
  steps: (world) => ({ ...world, ...change(world) }),
});

const withLedger = (change: (world: StepWorld) => Partial<StepWorld['ledger']>): Breakage =>
  withSteps((world) => ({ ledger: { ...world.ledger, ...change(world) } }));

const withReports = (change: (rows: readonly ReportRow[], world: StepWorld) => readonly ReportRow[]): Breakage =>
  withSteps((world) => ({
    reports: { ...world.reports, writeTogether: (rows) => world.reports.writeTogether(change(rows, world)) },
  }));

/** Mistakes about what is sent, and about whose a batch is. */
const SENDING: readonly BrokenBuild[] = [
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
    how: withSteps(({ batches }) => ({
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
    how: withSteps(({ batches }) => ({ batches: { ...batches, createdSince: async () => [] } })),
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
    name: 'a batch is taken though it has the mark of another',
    scenario: 'one',
    shownBy: 'a.submit#1/anthropic create#2 after error',
    breaks: /with the mark of/,
    how: withLedger(({ ledger }) => ({
      async ownBatch(batchId, intent, proven) {
        await ledger.ownBatch(batchId, intent, proven);
        return 'ours';
      },
    })),
  },
  {
    name: 'a batch that is not proven ours is cancelled',
    scenario: 'cancelled',
    shownBy: 'a.submit#1/anthropic create#1 after error',
    breaks: /cancel of a batch that is not proven ours/,
    how: withLedger(({ ledger }) => ({
      batches: async (jobId, round) =>
        (await ledger.batches(jobId, round)).map((batch) =>
          batch.state === 'submitted' ? { ...batch, adopted: false } : batch,
        ),
      // or else the ledger would forget it as well
      updateBatch: async (batch) => {
        const known = (await ledger.batches(batch.job_id)).find(({ entry }) => entry === batch.entry);
        await ledger.updateBatch(known?.adopted && batch.batch_id ? { ...batch, adopted: true } : batch);
      },
    })),
  },
];

/** Mistakes about answers, the sections they are stored as, and what they cost. */
const ANSWERS: readonly BrokenBuild[] = [
  {
    name: 'the timestamp of a section is taken when it is written',
    scenario: 'one',
    shownBy: 'a.complete#1/dynamodb TransactWriteItems Delphi_NarrativeReports#1 after killed',
    breaks: /stored twice/,
    how: withReports((rows, { now }) => rows.map((row) => ({ ...row, timestamp: now().toISOString() }))),
  },
  {
    name: 'a claim is turned on its way to the reports table',
    scenario: 'proven',
    shownBy: undefined,
    breaks: /says what its votes do not prove/,
    how: withReports((rows) =>
      rows.map((row) => ({
        ...row,
        report_data: row.report_data.replaceAll('"stance":"agree"', '"stance":"disagree"'),
      })),
    ),
  },
  {
    name: 'a good answer is not known by its question',
    scenario: 'cancelled',
    shownBy: undefined,
    breaks: /is not known/,
    how: withLedger(({ ledger }) => ({
      putAnswers: (rows) => ledger.putAnswers(rows),
      putKnownAnswers: async () => undefined,
    })),
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
    name: 'answers of one round are written over those of another',
    scenario: 'one',
    shownBy: undefined,
    breaks: /billed and lost/,
    how: withLedger(({ ledger }) => ({
      putAnswers: (rows: Answered[]) =>
        ledger.putAnswers(rows.map((row) => ({ ...row, entry: row.entry.replace('answered#2#', 'answered#1#') }))),
    })),
  },
  {
    name: 'a job does not wait for its turn',
    scenario: 'twice',
    shownBy: undefined,
    breaks: /answers were paid for; the report has 6 sections/,
    how: withLedger(() => ({ takeTurn: async (_report, jobId) => jobId })),
  },
  {
    name: 'what a round may cost is never settled at what it did cost',
    scenario: 'one',
    shownBy: undefined,
    breaks: /is left reserved/,
    how: withSteps(({ spending }) => ({ spending: { ...spending, settle: async () => undefined } })),
  },
];

/** Mistakes about job rows, and about who works on a job. */
const ROWS: readonly BrokenBuild[] = [
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
    shownBy: 'a.complete#1/dynamodb TransactWriteItems Delphi_NarrativeReports#1 before error lasting',
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
    how: withReports((rows) => rows.slice(1)),
  },
];

/** Mistakes about who runs an execution. */
const WORKERS: readonly BrokenBuild[] = [
  {
    name: 'every worker that sees a row runs its execution',
    scenario: 'workers',
    shownBy: undefined,
    breaks: /two workers are at work on/,
    how: {
      leases: (leases) => ({
        ...leases,
        start: async (...given) => (await leases.start(...given)) || true,
        note: async (...given) => (await leases.note(...given)) || true,
        end: async (...given) => (await leases.end(...given)) || true,
      }),
    },
  },
  {
    name: 'a worker that stood still does not look at its lease before a request',
    scenario: 'workers-forgotten',
    shownBy: 'A1.a.check-status#2/dynamodb PutItem Delphi_NarrativeRequests#2 before frozen',
    breaks: /is left ended/,
    how: { unfenced: true },
  },
  {
    name: 'a worker takes over what a living one runs',
    scenario: 'workers-forgotten',
    shownBy: undefined,
    breaks: /two workers are at work on/,
    how: {
      leases: (leases) => ({
        ...leases,
        renewals: async () => undefined,
        note: async (...given) => (await leases.note(...given)) || true,
        end: async (...given) => (await leases.end(...given)) || true,
      }),
    },
  },
];

function withoutRetry(definition: Definition): Definition {
  const states = structuredClone(definition.States) as Record<string, { Retry?: unknown }>;
  for (const state of Object.values(states)) delete state.Retry;
  return { ...definition, States: states as Definition['States'] };
}

/** Builds that are broken on purpose, each of which the simulation must notice. */
export const BROKEN_BUILDS: readonly BrokenBuild[] = [...SENDING, ...ANSWERS, ...ROWS, ...WORKERS];
