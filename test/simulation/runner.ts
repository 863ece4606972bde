import { redriveJob } from '../../lambdas/job/redrive.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { allRows } from '../support/readers.ts';
import { type FaultPlan, NO_FAULTS, planOf, type Strike, textOf } from './faults.ts';
import { violationsOf } from './invariants/at-the-end.ts';
import { endOf } from './invariants/rows.ts';
import type { Scenario } from './scenarios.ts';
import { openPolis, openTables, type Polis, RUNS_PER_TABLES, type TableKind, type Tables } from './stores.ts';
import { openWorkersWorld } from './workers-world.ts';
import { type Breakage, openWorld, type Provider, type SimulatedWorld, type WorldOptions } from './world.ts';

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
const MAX_SWEEPS = 96;
const MAX_REDRIVES = 5;
let runs = 0;

/** Runs a scenario to its end: retries, redelivery and sweeps as they come, and an operator who redrives FAILED jobs. */
export async function simulate(
  polis: Polis,
  tables: Tables,
  scenario: Scenario,
  plan: FaultPlan,
  { broken, provider }: Pick<WorldOptions, 'broken' | 'provider'> = {},
): Promise<Outcome> {
  const { workers, secondsPerBatch, readBack } = scenario;
  const options = { plan, broken, provider, secondsPerBatch, readBack };
  const world = await (workers === undefined
    ? openWorld(polis, tables, options)
    : openWorkersWorld(polis, tables, options, workers));
  const suffix = (runs++).toString(16).padStart(7, '0');
  try {
    const jobs = await scenario.begin(world, polis, suffix);
    const redriven = await drive(world, jobs);
    const { violations, sections } = await violationsOf(world, scenario, jobs);
    if (provider === 'aws' && world.keysSent.length > 0)
      violations.push(`a key was sent to the API, as ${world.keysSent[0]}`);
    return { calls: world.gate.calls, struck: world.gate.struck, violations, redriven, sections };
  } finally {
    await world.close();
  }
}

async function drive(world: SimulatedWorld, jobs: readonly string[]): Promise<number> {
  let redriven = 0;
  for (let sweeps = 0; sweeps < MAX_SWEEPS; sweeps++) {
    await world.settle();
    const open = await openJobs(world, jobs);
    if (open.length === 0 && sweeps > 0 && !(await batchesOpen(world, jobs))) break;
    const failed = open.filter(({ status }) => status === 'FAILED');
    for (const { job_id } of failed) {
      if (redriven >= MAX_REDRIVES) return redriven;
      redriven += 1;
      await redrive(world, job_id);
    }
    if (failed.length > 0) continue;
    await world.pass(SWEEP_SECONDS);
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
    .map((job_id, index) => ({ job_id, status: String(endOf(rows[index] ?? {})), row: rows[index] }))
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
  const deps = { jobs: { ...steps.jobs, activeJobs: nobody }, now, stage: '', by: 'in the simulation' };
  const answer = await redriveJob(deps, jobId);
  if (answer.kind !== 'redriven') throw new Error(`job ${jobId} could not be redriven: ${JSON.stringify(answer)}`);
}

/** A run that left something wrong. */
export interface Found {
  scenario: string;
  /** of a chain */
  seed?: number;
  faults: string[];
  violations: string[];
}

/** Runs scenarios under faults, on databases that are opened once. */
export function openExplorer(kind: TableKind = 'memory', provider: Provider = 'anthropic') {
  const polis = openPolis();
  let tables: Tables | undefined;
  let runsLeft = 0;
  const baselines = new Map<string, Outcome>();

  async function freshTables(): Promise<Tables> {
    if (!tables || runsLeft <= 0) {
      await tables?.close();
      tables = await openTables(kind, polis);
      runsLeft = RUNS_PER_TABLES[kind];
    }
    runsLeft -= 1;
    return tables;
  }

  const run = async (scenario: Scenario, strikes: readonly Strike[], broken?: Breakage): Promise<Outcome> =>
    simulate(polis, await freshTables(), scenario, strikes.length > 0 ? planOf(strikes) : NO_FAULTS, {
      broken,
      provider,
    });

  /** A run without faults: what it calls is where faults can strike, and what it leaves is what every run must leave. */
  async function baseline(scenario: Scenario): Promise<Outcome> {
    const known = baselines.get(scenario.name);
    if (known) return known;
    const outcome = await run(scenario, []);
    baselines.set(scenario.name, outcome);
    return outcome;
  }

  return {
    baseline,
    /** @returns undefined when nothing is wrong */
    async explore(scenario: Scenario, strikes: readonly Strike[], broken?: Breakage): Promise<Found | undefined> {
      const expected = await baseline(scenario);
      let outcome = await run(scenario, strikes, broken);
      if (missed(strikes, expected, outcome, scenario).length > 0) {
        // what earlier runs left in these tables is looked at by the sweep, too
        runsLeft = 0;
        outcome = await run(scenario, strikes, broken);
      }
      const violations = [
        ...outcome.violations,
        ...otherThan(expected, outcome, scenario),
        ...neededHelp(strikes, outcome),
        ...missed(strikes, expected, outcome, scenario),
      ];
      return violations.length > 0 ? { scenario: scenario.name, faults: strikes.map(textOf), violations } : undefined;
    },
    async close() {
      await tables?.close();
    },
  };
}

export type Explorer = ReturnType<typeof openExplorer>;

/**
 * Sections must be the same, word for word, whatever went wrong on the way. How many a cancelled job gets depends on how
 * far its batches had come.
 */
function otherThan(expected: Outcome, { sections }: Outcome, { ends }: Scenario): string[] {
  const names = new Set([...Object.keys(expected.sections), ...Object.keys(sections)]);
  const inBoth = (name: string) => name in expected.sections && name in sections;
  return [...names]
    .filter((name) => expected.sections[name] !== sections[name] && (ends !== 'CANCELLED' || inBoth(name)))
    .map((name) => `section ${name} is not what a run without faults stores`);
}

/** One fault alone must be got over without an operator; what a person has stopped, a person starts again, once. */
function neededHelp(strikes: readonly Strike[], { redriven }: Outcome): string[] {
  if (strikes.length > 1) return [];
  const due = strikes[0]?.fault.kind === 'stopped' ? 1 : 0;
  return redriven > due ? [`an operator had to redrive a job ${redriven} time(s) after a single fault`] : [];
}

/**
 * A single fault at a call that a run without faults makes must strike: otherwise its run proves nothing. What a sweep
 * sees of an execution that it has just started depends on which of the two is faster, and so does how often a job looks whether
 * an earlier one of its report has ended.
 */
function missed(strikes: readonly Strike[], { calls }: Outcome, { struck }: Outcome, scenario: Scenario): string[] {
  const [{ label } = { label: '' }] = strikes;
  // two workers share the calls by which of them is faster
  const dependsOnSpeed =
    scenario.workers !== undefined ||
    label.startsWith('sweep#') ||
    (scenario.payOnce !== undefined && /^b\.submit#/.test(label));
  return strikes.length === 1 && struck.length === 0 && calls.includes(label) && !dependsOnSpeed
    ? ['the fault never struck: the same run made other calls this time']
    : [];
}
