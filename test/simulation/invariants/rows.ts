import type { Scenario } from '../scenarios.ts';
import { entries, type Left, type Row, resultsOf } from './left.ts';

/** No row twice, and no row that lies: of the job and of its sections. */
export function rowsTrue(left: Left, { ends }: Scenario): string[] {
  const { job } = left;
  if (!job) return ['the job row is gone'];
  if (endOf(job) !== ends) return [`ends ${job.status}, not ${ends}: ${job.error_message ?? 'without a message'}`];
  return [...endIsTold(job), ...sectionsOnce(left), ...figuresAreTrue(left, ends)];
}

/** A cancelled job ends FAILED, and says that it was withdrawn. */
export const endOf = ({ status, withdrawn_reason }: Row) =>
  status === 'FAILED' && withdrawn_reason !== undefined ? 'CANCELLED' : status;

function endIsTold(job: Row): string[] {
  // a cancelled job says why it failed, and for good that its execution was stopped
  const untrue =
    endOf(job) === 'CANCELLED'
      ? ['checker_schedule_failed', 'lock_expires_at']
      : ['error_message', 'checker_schedule_failed', 'execution_status', 'lock_expires_at'];
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

function figuresAreTrue(left: Left, ends: Scenario['ends']): string[] {
  const { planned, stored, failed } = resultsOf(left) as {
    planned: number;
    stored: number;
    failed: { section: string }[];
  };
  // readers keep the report that they had
  const published = ends === 'CANCELLED' && left.reports.length > 0 ? ['a cancelled job has published a report'] : [];
  const plan = left.ledger.find(({ entry }) => entry === 'plan');
  // cancelled before it was planned
  if (!plan) return left.reports.length === 0 ? [] : ['sections are stored, and there is no plan'];
  if (failed === undefined)
    return [...published, ...(entries(left, 'batch#').length === 0 ? [] : ['the row has no figures'])];
  // a section may have a good answer and one before it with clauses that fail; a reading is no answer of its own
  const lost = new Set(failed.map(({ section }) => section));
  const texts = entries(left, 'answered#').filter(
    ({ kind, reads }) => kind !== 'failed' && kind !== 'ask_again' && reads === undefined,
  );
  const answers = new Set(texts.map(({ section }) => section).filter((section) => !lost.has(String(section)))).size;
  const reused = entries(left, 'section#').filter((section) => section.reused !== undefined).length;
  return [
    ...published,
    ...(plan.legacy || planned === plan.sections
      ? []
      : [`the row says ${planned} planned; the plan has ${plan.sections}`]),
    ...(stored === answers + reused ? [] : [`the row says ${stored} stored; the ledger has ${answers + reused}`]),
    ...(ends === 'COMPLETED' ? reportIsWhole(left, plan, { planned, stored, failed: failed.length }) : []),
  ];
}

/** Every planned section is in the report of a COMPLETED job, with its text or as a named gap. */
function reportIsWhole(
  { reports }: Left,
  plan: Row,
  { planned, stored, failed }: { planned: number; stored: number; failed: number },
): string[] {
  const good = reports.filter(({ errors }) => errors === undefined).length;
  const named = reports.length - good - ((plan.left_out as unknown[] | undefined)?.length ?? 0);
  return [
    ...(stored === good ? [] : [`the row says ${stored} stored; the table has ${good}`]),
    ...(failed === named ? [] : [`the row names ${failed} failed; the table has ${named}`]),
    ...(stored + failed === planned
      ? []
      : [`COMPLETED, and ${planned - stored - failed} sections are neither stored nor named`]),
  ];
}

/** Every batch is collected, named on the job row, and has a row of its own that says how its job ended. */
export function batchesTold(left: Left, { ends, legacy }: Scenario): string[] {
  const batches = entries(left, 'batch#');
  const ids = batches.map(({ batch_id }) => batch_id);
  const watching = (batch: Row) => left.awaiting.filter(({ batch_id }) => batch_id === batch.batch_id);
  return [
    ...batches.filter(({ state }) => state !== 'collected').map(({ entry, state }) => `${entry} is left ${state}`),
    ...(batches.length > 0 ? sameIds('job_details', resultsOf(left).batch_ids, ids) : []),
    // a row that is taken away is not written any more, and the old pipeline names one batch
    ...(ends === 'CANCELLED' || legacy
      ? []
      : [...sameIds('the row', left.job?.batch_ids, ids), ...notLogged(left, ids)]),
    ...batches.filter((batch) => watching(batch).length > 1).map(({ entry }) => `${entry} has two rows`),
    ...(ends === 'CANCELLED' || legacy
      ? []
      : batches.filter((batch) => watching(batch).length === 0).map(({ entry }) => `${entry} has no row`)),
    ...left.awaiting.flatMap((row) => watchRowTrue(row, left, ends)),
  ];
}

function sameIds(where: string, told: unknown, ids: readonly unknown[]): string[] {
  const list = Array.isArray(told) ? told.map(String).sort() : [];
  const want = ids.map(String).sort();
  return list.join() === want.join() ? [] : [`${where} names the batches ${list.join()}; the ledger ${want.join()}`];
}

const notLogged = ({ job }: Left, ids: readonly unknown[]): string[] =>
  ids
    .filter((id) => !String(job?.logs).includes(`batch ${id} submitted`))
    .map((id) => `the row's log does not tell of ${id}`);

function watchRowTrue(row: Row, { job }: Left, ends: Scenario['ends']): string[] {
  const { job_id, status, process_exit_confirmed, error_message, execution_status, withdrawn_reason } = row;
  if (process_exit_confirmed !== true) return [`the row of a batch is left open: ${job_id}`];
  // the execution that closed the job had itself been stopped meanwhile, and both rows tell of it
  if (status === 'FAILED' && execution_status !== undefined && row.worker_id === job?.worker_id) return [];
  if (endOf(row) !== ends) return [`the row of a batch says ${status}, and its job ${ends}: ${job_id}`];
  return error_message === undefined || withdrawn_reason !== undefined
    ? []
    : [`the row of a batch still has error_message: ${job_id}`];
}

/** Batches that were in progress when their job was cancelled were cancelled at the API, unless they may have been another's. */
export function batchesCancelled(left: Left, { ends }: Scenario): string[] {
  if (ends !== 'CANCELLED') return [];
  const cancelled = (batch: Row) =>
    left.calls.some(({ path, status }) => status === 200 && path.endsWith(`/${batch.batch_id}/cancel`));
  return entries(left, 'batch#').flatMap((batch) => {
    if (batch.adopted) return [];
    return [
      ...(cancelled(batch) ? [] : [`${batch.entry} of a cancelled job was not cancelled at the API`]),
      ...(batch.cancel_requested_at ? [] : [`${batch.entry} does not say that it was cancelled`]),
    ];
  });
}
