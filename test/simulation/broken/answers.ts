import type { ReportRow } from '../../../lambdas/report/row.ts';
import type { Answered } from '../../../lambdas/shared/ledger-rows.ts';
import type { Breakage } from '../breakage.ts';
import { currentInvocation } from '../invocation.ts';
import { type BrokenBuild, withLedger, withSteps } from './build.ts';

/** Mistakes about answers, the sections they are stored as, and what they cost. */
export const ANSWERS: readonly BrokenBuild[] = [
  {
    name: 'the timestamp of a section is taken when it is written',
    scenario: 'one',
    shownBy: 'a.collect#1/dynamodb BatchWriteItem Delphi_NarrativeReports#1 after killed',
    breaks: /stored twice/,
    how: withSteps(({ reports, now }) => ({
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
    name: 'a reused section is written under the job that bought it',
    scenario: 'reused',
    shownBy: undefined,
    breaks: /neither stored nor named/,
    how: withSteps(({ reports }) => ({
      reports: {
        ...reports,
        write: (rows: ReportRow[]) =>
          reports.write(
            rows.map((row) => ({ ...row, ...(row.metadata.reused_from as Partial<ReportRow> | undefined) })),
          ),
      },
    })),
  },
  {
    name: 'what a round may cost is never settled at what it did cost',
    scenario: 'one',
    shownBy: undefined,
    breaks: /is left reserved/,
    how: withSteps(({ spending }) => ({ spending: { ...spending, settle: async () => undefined } })),
  },
];

/** Sections wait until their answers are on record. */
function answersFirst(): Breakage {
  return withSteps(({ ledger, reports }) => {
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
