import { serverJob } from '../../lambdas/job/put.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { MODEL, startWorld, type World } from '../../test/support/world.ts';
import { must, type Table } from '../command-line.ts';

interface ManyJobs {
  jobs: number;
  /** jobs by how they ended */
  ended: Record<string, number>;
  /** errors of jobs that failed, and how many have each */
  errors: Record<string, number>;
  /** sections that the job rows say were planned, of all jobs */
  planned: number;
  /** rows in the reports table without `errors`, of all jobs */
  stored: number;
  /** rows of a section and job that has one already */
  twice: number;
  batches: number;
  deadLetters: number;
  seconds: number;
}

/** Puts this many job rows at once, each of its own report, and runs the whole system until it is idle. */
export async function manyJobs(count: number): Promise<ManyJobs> {
  // all jobs share one pool of PostgreSQL here: one that waits too long for a connection is retried after a pause
  const world = await startWorld({ retryScale: 0.2 });
  try {
    const conversation_id = String(world.data.conversation.zid);
    const rows = Array.from({ length: count }, (_, index) => {
      const job = { report_id: `rload${index}`, conversation_id, model: MODEL, no_cache: true };
      return serverJob(job, new Date(world.now()), index.toString(16).padStart(8, '0'));
    });
    const reports = rows.map(({ report_id }) => report_id);
    const insert = 'INSERT INTO reports (report_id, zid, report_name) SELECT id, $2, id FROM unnest($1::text[]) AS id';
    await world.pool.query(insert, [reports, world.data.conversation.zid]);
    const from = performance.now();
    await Promise.all(rows.map((row) => world.putJob(row)));
    await world.settle();
    return { jobs: count, ...(await outcome(world, new Set(rows.map(({ job_id }) => job_id)))), seconds: since(from) };
  } finally {
    await world.close();
  }
}

async function outcome(world: World, ids: ReadonlySet<unknown>) {
  const jobs = (await world.all(TABLE_NAMES.jobs)).filter(({ job_id }) => ids.has(job_id));
  const reports = (await world.all(TABLE_NAMES.reports)).filter(({ job_id, errors }) => ids.has(job_id) && !errors);
  const ended: Record<string, number> = {};
  const errors: Record<string, number> = {};
  for (const { status, error_message } of jobs) {
    ended[String(status)] = (ended[String(status)] ?? 0) + 1;
    if (error_message) errors[String(error_message)] = (errors[String(error_message)] ?? 0) + 1;
  }
  const distinct = new Set(reports.map(({ job_id, section }) => `${job_id} ${section}`));
  return {
    ended,
    errors,
    planned: jobs.reduce((sum, { job_results }) => sum + Number(JSON.parse(String(job_results)).planned ?? 0), 0),
    stored: distinct.size,
    twice: reports.length - distinct.size,
    batches: world.standIn.batches().length,
    deadLetters: world.deadLetters.length,
  };
}

const since = (from: number): number => (performance.now() - from) / 1000;

const JOBS = 200;

/** The part `jobs` of `npm run load`. */
export async function run(): Promise<Table> {
  const { ended, errors, planned, stored, twice, batches, deadLetters, seconds: took } = await manyJobs(JOBS);
  return {
    title: `${JOBS} job rows put at once, each of a report of its own`,
    lines: [
      { what: 'until all had ended', figure: `${took.toFixed(1)} s`, note: `${(took / JOBS).toFixed(2)} s a job` },
      { what: 'COMPLETED', figure: `${ended.COMPLETED ?? 0}`, target: must('all', ended.COMPLETED === JOBS) },
      { what: 'sections stored', figure: `${stored} of ${planned}`, target: must('all', stored === planned) },
      { what: 'stored twice', figure: `${twice}`, target: must('none', twice === 0) },
      { what: 'batches', figure: `${batches}`, target: must('one a job', batches === JOBS) },
      ...Object.entries(errors).map(([error, count]) => ({ what: `  ${error.slice(0, 100)}`, figure: `${count}` })),
      { what: 'dead letters', figure: `${deadLetters}`, target: must('none', deadLetters === 0) },
    ],
  };
}
