import type { BatchEntry } from '../../lambdas/shared/ledger-rows.ts';
import { entry } from '../../lambdas/shared/names.ts';
import { type CheckStatusDeps, checkStatus } from '../../lambdas/steps/check-status.ts';
import type { BatchStatus } from '../../lambdas/stores/anthropic.ts';
import { memoryJobs, memoryLedger, memoryLog } from './fakes.ts';
import { batchEntry, batchStatus, JOB } from './make.ts';

const EXECUTION = `${JOB}-v1`;
export const STATE = {
  job_id: JOB,
  job_type: 'CREATE_NARRATIVE_BATCH',
  version: 1,
  execution: EXECUTION,
  first_round: 1,
  round: 1,
  checks: 0,
  troubles: 0,
  wait_seconds: 5,
  next: 'wait',
};
const CREATED = Date.parse('2026-11-22T10:00:01.000Z');
const EXPIRES = '2026-11-23T10:00:01.000Z';
export const open = (part: number, change: Partial<BatchEntry> = {}) =>
  batchEntry({
    part,
    entry: entry.batch(1, part),
    state: 'submitted',
    batch_id: `b${part}`,
    expires_at: EXPIRES,
    ...change,
  });
export const ended = (id: string) =>
  batchStatus(id, 0, {
    processing_status: 'ended',
    counts: { processing: 0, succeeded: 2, errored: 0, canceled: 0, expired: 0 },
  });

/** The step over an API that answers by batch id; an Error is thrown. */
export function world(
  answers: Record<string, BatchStatus | Error>,
  batches = [open(0)],
  row: Record<string, unknown> = {},
) {
  const table = memoryJobs({
    job_id: JOB,
    job_type: 'CREATE_NARRATIVE_BATCH',
    status: 'PROCESSING',
    version: 2,
    conversation_id: '7',
    worker_id: EXECUTION,
    ...row,
  });
  const { ledger, entries } = memoryLedger(batches);
  const asked: string[] = [];
  const added: { name: string; value: number }[] = [];
  const cancels: string[] = [];
  const cancelAnswers: ('cancelling' | 'ended' | Error)[] = [];
  const cancel = async (id: string) => {
    cancels.push(id);
    const answer = cancelAnswers.shift() ?? 'cancelling';
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const status = async (id: string) => {
    asked.push(id);
    const answer = answers[id];
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error(`nobody asks for ${id}`);
    return answer;
  };
  const run = (change: Record<string, unknown> = {}, age = 100) => {
    const deps: CheckStatusDeps = {
      jobs: table.jobs,
      ledger,
      batches: { status, cancel },
      log: memoryLog().log,
      metrics: { add: (name, value) => added.push({ name, value }) },
      now: () => new Date(CREATED + age * 1000),
    };
    return checkStatus(deps, { ...STATE, ...change });
  };
  return { ...table, run, asked, added, answers, entries, cancels, cancelAnswers };
}
