import { redriveJob } from '../../cli/redrive.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { allRows } from '../support/readers.ts';
import type { Breakage } from './breakage.ts';
import type { FaultPlan } from './fault.ts';
import { violationsOf } from './invariants.ts';
import type { Scenario } from './scenario.ts';
import type { Polis, Tables } from './site.ts';
import { openWorld, type SimulatedWorld } from './world.ts';

/** What one run of a scenario under a plan of faults came to. */
export interface Outcome {
  /** labels of every outside call, in order */
  calls: readonly string[];
  /** faults that struck, as text */
  struck: readonly string[];
  violations: string[];
  /** how often an operator had to redrive a job */
  redriven: number;
  /** sections by name with their text, of every job: the same whatever went wrong */
  sections: Record<string, string>;
}

const SWEEP_SECONDS = 15 * 60;
/** A day of sweeps. */
const MOST_SWEEPS = 96;
const MOST_REDRIVES = 5;
let runs = 0;

/** Runs a scenario to its end: retries, redelivery and sweeps as they come, and an operator who redrives FAILED jobs. */
export async function simulate(
  polis: Polis,
  tables: Tables,
  scenario: Scenario,
  plan: FaultPlan,
  broken?: Breakage,
): Promise<Outcome> {
  const world = await openWorld(polis, tables, { plan, broken, secondsPerBatch: scenario.secondsPerBatch });
  const suffix = (runs++).toString(16).padStart(7, '0');
  try {
    const jobs = await scenario.begin(world, polis, suffix);
    const redriven = await drive(world, jobs);
    const { violations, sections } = await violationsOf(world, scenario, jobs);
    return { calls: world.gate.calls, struck: world.gate.struck, violations, redriven, sections };
  } finally {
    await world.close();
  }
}

async function drive(world: SimulatedWorld, jobs: readonly string[]): Promise<number> {
  let redriven = 0;
  for (let sweeps = 0; sweeps < MOST_SWEEPS; sweeps++) {
    await world.settle();
    const open = await openJobs(world, jobs);
    if (open.length === 0 && sweeps > 0 && !(await batchesOpen(world, jobs))) break;
    const failed = open.filter(({ status }) => status === 'FAILED');
    for (const { job_id } of failed) {
      if (redriven >= MOST_REDRIVES) return redriven;
      redriven += 1;
      await redrive(world, job_id);
    }
    if (failed.length > 0) continue;
    world.pass(SWEEP_SECONDS);
    await world.sweep();
  }
  await world.redeliver();
  await world.settle();
  return redriven;
}

/** Jobs that have not come to an end that lasts. */
async function openJobs({ steps }: SimulatedWorld, jobs: readonly string[]) {
  const rows = await Promise.all(jobs.map((id) => steps.jobs.get(id)));
  return jobs
    .map((job_id, index) => ({ job_id, status: String(rows[index]?.status), row: rows[index] }))
    .filter(
      ({ status, row }) => status === 'FAILED' || row?.process_exit_confirmed !== true || row.checker_schedule_failed,
    );
}

/** Whether a row that tells of a batch has yet to be closed after its job, which the sweep does. */
async function batchesOpen({ db }: SimulatedWorld, jobs: readonly string[]): Promise<boolean> {
  const rows = await allRows(db, TABLE_NAMES.jobs);
  return rows.some(
    (row) =>
      jobs.includes(String(row.batch_job_id)) &&
      row.process_exit_confirmed !== true &&
      !jobs.includes(String(row.job_id)),
  );
}

/** As an operator does at the command line. */
async function redrive({ steps, now }: SimulatedWorld, jobId: string): Promise<void> {
  const nobody = async function* () {};
  await redriveJob({ jobs: { ...steps.jobs, activeJobs: nobody }, now, stage: '' }, jobId);
}
