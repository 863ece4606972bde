import { jobMark } from '../../../lambdas/shared/names.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import { allRows } from '../../support/readers.ts';
import { FOREIGN_MARK, type Scenario } from '../scenarios.ts';
import { touchedDecoys } from '../stores.ts';
import type { SimulatedWorld } from '../world.ts';
import { claimsHold } from './claims.ts';
import type { Left, Row } from './left.ts';
import { answersKept, daysAddUp, paidOnce, paidOnceTogether, reusedTrue, roundsPriced } from './money.ts';
import { batchesCancelled, batchesTold, rowsTrue } from './rows.ts';

/**
 * What is wrong with what a run has left in the stores: each line names the invariant that does not hold. Sections are
 * returned by name with their text, to be compared with those of a run without faults.
 */
export async function violationsOf(
  world: SimulatedWorld,
  scenario: Scenario,
  jobs: readonly string[],
): Promise<{ violations: string[]; sections: Record<string, string> }> {
  const [jobRows, reports, ledger] = await Promise.all(
    [TABLE_NAMES.jobs, TABLE_NAMES.reports, TABLE_NAMES.ledger].map((table) => allRows(world.db, table)),
  );
  const found = { jobs: jobRows as Row[], reports: reports as Row[], ledger: ledger as Row[] };
  const violations = othersUntouched(world, found);
  const sections: Record<string, string> = {};
  for (const [index, jobId] of jobs.entries()) {
    const left = leftOf(world, found, jobId);
    const bought = [paidOnce, answersKept, reusedTrue, batchesCancelled, claimsHold];
    const always = [rowsTrue, batchesTold, roundsPriced];
    const wrong = [...(scenario.legacy ? [] : bought), ...always].flatMap((invariant) => invariant(left, scenario));
    violations.push(...wrong.map((line) => `job ${index}: ${line}`));
    for (const row of left.reports) {
      if (row.errors === undefined) sections[`${index} ${row.section}`] = String(row.report_data);
    }
  }
  violations.push(...paidOnceTogether(world, scenario));
  violations.push(...world.lies, ...stillGoing(world), ...unknownBatches(world, found), ...daysAddUp(found.ledger));
  return { violations, sections };
}

function leftOf(world: SimulatedWorld, found: Found, jobId: string): Left {
  const job = found.jobs.find((row) => row.job_id === jobId);
  return {
    jobId,
    mark: jobMark(jobId),
    job,
    awaiting: found.jobs.filter((row) => row.batch_job_id === jobId),
    // sections of a batch of the old pipeline are those of the job that sent it
    reports: found.reports.filter((row) => row.job_id === (job?.batch_job_id ?? jobId)),
    allReports: found.reports,
    ledger: found.ledger.filter((row) => row.job_id === jobId),
    known: new Map(
      found.ledger
        .filter((row) => String(row.job_id).startsWith('answer:'))
        .map((row) => [String(row.job_id).slice('answer:'.length), row.answer as Row]),
    ),
    batches: world.standIn.batches(),
    paid: world.standIn.paidRequests(),
    calls: world.standIn.calls,
  };
}

type Found = { jobs: Row[]; reports: Row[]; ledger: Row[] };

function othersUntouched(world: SimulatedWorld, found: Found): string[] {
  const foreign = world.standIn.batches().filter(isForeign);
  const owned = new Set(found.ledger.map((row) => String(row.job_id)));
  return [
    ...touchedDecoys(found).map((id) => `another owner's row was touched: ${id}`),
    ...foreign
      .filter(({ id }) => owned.has(`batch:${id}`))
      .map(({ id }) => `another owner's batch is marked as ours: ${id}`),
    ...world.standIn.calls
      .filter(({ path }) => foreign.some(({ id }) => path.includes(`${id}/cancel`)))
      .map(({ path }) => `another owner's batch was cancelled: ${path}`),
  ];
}

const isForeign = ({ requests }: { requests: { custom_id: string }[] }): boolean =>
  requests.some(({ custom_id }) => custom_id.startsWith(FOREIGN_MARK));

/** A paid batch that no ledger knows is lost money. */
function unknownBatches(world: SimulatedWorld, { ledger }: Found): string[] {
  const known = new Set(ledger.filter(({ entry }) => String(entry).startsWith('batch#')).map((row) => row.batch_id));
  return world.standIn
    .batches()
    .filter((batch) => !isForeign(batch) && !known.has(batch.id))
    .map(({ requests }) => `a paid batch is in no ledger: the one with ${requests[0]?.custom_id}`);
}

function stillGoing({ machine, deadLetters }: SimulatedWorld): string[] {
  const running = machine.names().filter((name) => machine.status(name)?.status === 'RUNNING');
  return [
    ...running.map((name) => `execution ${name} never ended`),
    ...deadLetters.map((why) => `a stream record became a dead letter: ${why}`),
  ];
}
