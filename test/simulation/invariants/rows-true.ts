import type { Scenario } from '../scenario.ts';
import { entries, type Left, type Row, resultsOf } from './left.ts';

/** No row twice, and no row that lies: of the job and of its sections. */
export function rowsTrue(left: Left, { ends }: Scenario): string[] {
  const { job } = left;
  if (!job) return ['the job row is gone'];
  if (job.status !== ends) return [`ends ${job.status}, not ${ends}: ${job.error_message ?? 'without a message'}`];
  return [...endIsTold(job), ...sectionsOnce(left), ...figuresAreTrue(left)];
}

const UNTRUE_AT_THE_END = ['error_message', 'checker_schedule_failed'];

function endIsTold(job: Row): string[] {
  // a cancelled job with nothing left to watch says for good that its execution was stopped
  const untrue = job.status === 'CANCELLED' ? UNTRUE_AT_THE_END : [...UNTRUE_AT_THE_END, 'execution_status'];
  const still = untrue.filter((name) => job[name] !== undefined);
  return [
    ...(job.process_exit_confirmed === true && job.completed_at ? [] : ['the end is not confirmed on the row']),
    ...still.map((name) => `the row still has ${name}: ${job[name]}`),
  ];
}

function sectionsOnce({ reports }: Left): string[] {
  const sections = reports.map(({ section }) => String(section));
  const twice = [...new Set(sections)].filter((name) => sections.indexOf(name) !== sections.lastIndexOf(name));
  const times = new Set(reports.map(({ timestamp }) => timestamp));
  return [
    ...twice.map((name) => `stored twice: section ${name}`),
    ...(times.size > 1 ? [`sections of one job have ${times.size} timestamps`] : []),
  ];
}

function figuresAreTrue(left: Left): string[] {
  const { planned, stored, failed } = resultsOf(left) as {
    planned: number;
    stored: number;
    failed: { section: string }[];
  };
  const plan = left.ledger.find(({ entry }) => entry === 'plan');
  // cancelled before it was planned
  if (!plan) return left.reports.length === 0 ? [] : ['sections are stored, and there is no plan'];
  if (failed === undefined) return entries(left, 'batch#').length === 0 ? [] : ['the row has no figures'];
  const good = left.reports.filter(({ errors }) => errors === undefined);
  const named = left.reports.filter(({ errors }) => errors !== undefined);
  return [
    ...(plan.legacy || planned === plan.sections
      ? []
      : [`the row says ${planned} planned; the plan has ${plan.sections}`]),
    ...(stored === good.length ? [] : [`the row says ${stored} stored; the table has ${good.length}`]),
    // one whose execution was stopped when it was cancelled never came to write them
    ...(failed.length === named.length || left.job?.execution_status
      ? []
      : [`the row names ${failed.length} failed; the table has ${named.length}`]),
    ...(left.job?.status === 'COMPLETED' && stored + failed.length !== planned
      ? [`COMPLETED, and ${planned - stored - failed.length} sections are neither stored nor named`]
      : []),
  ];
}
