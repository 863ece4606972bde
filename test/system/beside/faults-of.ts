import { AWAITING_BATCH } from '../../../lambdas/shared/job-row.ts';
import { jobMark } from '../../../lambdas/shared/names.ts';
import { TABLE_NAMES } from '../../../lib/names.ts';
import type { Item } from '../../support/memory/expressions.ts';
import { SECTIONS } from '../../support/small-conversation.ts';
import type { Journaled, Ran, Side } from './scenario.ts';

/** What is wrong after a run of both sides, in words; nothing when all is as it must be. */
export function faultsOf(ran: Ran): string[] {
  const rows = new Map(ran.db.rows(TABLE_NAMES.jobs).map((row) => [String(row.job_id), row]));
  return [
    ...ran.errors.map((error) => `an execution failed: ${error}`),
    ...ran.jobs.flatMap((jobId) => faultsOfJob(ran, rows, jobId)),
    ...ran.bystanders.flatMap((row) => faultsOfBystander(ran, rows, row)),
  ];
}

/** Who took a row first; undefined: nobody. */
export const ownerOf = (writes: readonly Journaled[]): Side | undefined =>
  writes.find(({ after }) => after?.status === 'PROCESSING')?.by;

export const writesOf = ({ journal }: Ran, jobId: string): Journaled[] =>
  journal.filter(({ before, after }) => (after ?? before)?.job_id === jobId);

function faultsOfJob(ran: Ran, rows: Map<string, Item>, jobId: string): string[] {
  const writes = writesOf(ran, jobId);
  const owner = ownerOf(writes);
  const row = rows.get(jobId);
  const faults: string[] = [];
  const fault = (holds: boolean, what: string) => void (holds || faults.push(`job ${jobId}, owner ${owner}: ${what}`));
  const waiting = [...rows.values()].filter(
    (other) => other.batch_job_id === jobId && other.job_type === AWAITING_BATCH,
  );
  const watched = waiting.map((other) => ownerOfWaiting(ran, other));
  fault(owner !== undefined, 'nobody took it');
  fault(row?.status === 'COMPLETED', `it ended ${row?.status}: ${row?.error_message}`);
  const sent = ran.api.sent.filter((batch) => isOf(batch.requests[0]?.custom_id ?? '', jobId));
  fault(sent.length === (owner === 'ours' ? 1 : 0), `we sent ${sent.length} batches`);
  const taken = new Set(writes.filter(({ after }) => after?.batch_id).map(({ after }) => after?.batch_id));
  // an old poller that dies is another's second try, and another batch: that is theirs
  const theirs = owner === 'old' && ran.died;
  fault(taken.size === 1 || theirs, `it was given ${taken.size} batches`);
  // what the other side may write: the end of a job whose batch it was left to watch
  const others = writes.filter(({ by }) => by !== owner && by !== 'server');
  const allowed = owner === 'old' && watched.includes('ours') ? others.filter(isClosing) : [];
  fault(others.length === allowed.length && others.length <= 1, `the other side wrote it ${others.length} times`);
  for (const [index, other] of waiting.entries()) {
    const losers = writesOf(ran, String(other.job_id)).slice(1);
    fault(
      losers.every(({ by }) => by === watched[index]),
      `both sides wrote ${other.job_id}`,
    );
    fault(other.status === 'COMPLETED', `${other.job_id} ended ${other.status}: ${other.error_message}`);
  }
  const reports = ran.db.rows(TABLE_NAMES.reports).filter((report) => report.job_id === jobId && !report.errors);
  fault(
    reports.length === SECTIONS.length || (theirs && reports.length > 0),
    `${reports.length} rows for ${SECTIONS.length} sections`,
  );
  const kept = ran.db.rows(TABLE_NAMES.ledger).some(({ job_id }) => job_id === jobId);
  fault(kept === (owner === 'ours'), `the ledger ${kept ? 'has' : 'lacks'} it`);
  return faults;
}

const isOf = (customId: string, jobId: string): boolean => customId.startsWith(`${jobMark(jobId)}_`);

/** An AWAITING row is put by who sent the batch; who watches it is whoever takes it, which for our own is at once. */
function ownerOfWaiting(ran: Ran, row: Item): Side | undefined {
  return ownerOf(writesOf(ran, String(row.job_id)));
}

/** PROCESSING to its end in one write, with the batch as it was. */
const isClosing = ({ before, after }: Journaled): boolean =>
  before?.status === 'PROCESSING' &&
  after?.status === 'COMPLETED' &&
  after.worker_id === before.worker_id &&
  after.batch_id === before.batch_id;

/** We write no row of another system; what nobody works on is as it was, byte for byte. */
function faultsOfBystander(ran: Ran, rows: Map<string, Item>, row: Item): string[] {
  const writes = writesOf(ran, String(row.job_id)).slice(1);
  if (writes.some(({ by }) => by === 'ours')) return [`we wrote ${row.job_id}`];
  const now = rows.get(String(row.job_id));
  return writes.length > 0 || JSON.stringify(now) === JSON.stringify(row) ? [] : [`${row.job_id} has changed`];
}
