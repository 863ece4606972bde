import { ReportMismatch, StoreUnavailable } from '../shared/errors.ts';
import { ledgerExpiry } from '../shared/ledger-rows.ts';
import type { Log } from '../shared/log.ts';
import type { ActiveJobs, GuardTimes, JobGuards, NamedJob } from '../stores/guards.ts';
import type { JobTable } from '../stores/jobs.ts';
import type { Conversations } from '../stores/postgres.ts';
import { firstActive, stillActive } from './active.ts';
import type { BatchReportsRequest } from './batch-reports-request.ts';
import { serverJob } from './new-row.ts';

export interface PutJobDeps {
  jobs: Pick<JobTable, 'get'> & ActiveJobs;
  guards: JobGuards;
  conversations: Pick<Conversations, 'report'>;
  now: () => Date;
  /** 8 hex digits */
  randomHex: () => string;
  defaultModel: string;
  log: Log;
}

export interface PutJobAnswer {
  job_id: string;
  report_id: string;
  model: string;
  /** true: the job was there already, and nothing was put */
  deduplicated: boolean;
}

const TRIES = 8;
/** Days that an idempotency key names its job. */
const KEY_DAYS = 7;
/** Days that a guard lasts: longer than any job. */
const GUARD_DAYS = 30;

/**
 * Puts a narrative job row as the Polis server does, at most one that is under way for a report: of requests that race,
 * one puts its row and the others are given its id. A row that the server put by itself counts as soon as the index of
 * the job table shows it.
 * @throws ReportMismatch when there is no such report; StoreUnavailable when the tables or PostgreSQL are in trouble
 */
export async function putJob(deps: PutJobDeps, request: BatchReportsRequest): Promise<PutJobAnswer> {
  const { report_id, idempotency_key: key } = request;
  let asked: Promise<string> | undefined;
  // PostgreSQL is only asked when the guards cannot answer: it has few connections
  const conversation = () => {
    asked ??= conversationOf(deps, report_id);
    return asked;
  };
  const tried = new Set<string>();
  const answer = ({ job_id, model }: NamedJob): PutJobAnswer => {
    // a put whose answer was lost is found again as the report's last job
    const deduplicated = !tried.has(job_id);
    deps.log.info(deduplicated ? 'job found' : 'job put', { job_id, report_id });
    return { job_id, report_id, model, deduplicated };
  };
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const keyed = key === undefined ? undefined : await deps.guards.keyedJob(report_id, key, deps.now());
    if (keyed) return answer(keyed);
    const last = await deps.guards.lastJob(report_id);
    const active = (await stillActive(deps, last)) ?? (await firstActive(deps, await conversation(), report_id));
    const times = timesOf(deps.now());
    if (active) {
      if (key === undefined || (await deps.guards.nameJob(report_id, key, active, times)) === 'named')
        return answer(active);
      continue;
    }
    const model = request.model ?? deps.defaultModel;
    const row = serverJob({ ...request, conversation_id: await conversation(), model }, times.now, deps.randomHex());
    tried.add(row.job_id);
    if ((await deps.guards.putJob(row, { model, replaces: last?.job_id, key }, times)) === 'put')
      return answer({ job_id: row.job_id, model });
  }
  throw new StoreUnavailable(`the job of report ${report_id} could not be put: others were first ${TRIES} times`);
}

async function conversationOf({ conversations }: PutJobDeps, reportId: string): Promise<string> {
  const report = await conversations.report(reportId);
  if (!report) throw new ReportMismatch(`there is no report ${reportId}: check report_id`);
  return String(report.zid);
}

const timesOf = (now: Date): GuardTimes => ({
  now,
  guardExpiry: ledgerExpiry(now, GUARD_DAYS),
  keyExpiry: ledgerExpiry(now, KEY_DAYS),
});
