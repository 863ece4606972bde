import { randomBytes } from 'node:crypto';
import { refusal } from '../../lambdas/api/answer.ts';
import { answerBatchReports } from '../../lambdas/api/batch-reports.ts';
import { answerCancel } from '../../lambdas/api/cancel.ts';
import { answerReports } from '../../lambdas/api/reports.ts';
import type { PutJobAnswer, PutJobDeps } from '../../lambdas/job/put.ts';
import type { Log } from '../../lambdas/shared/log.ts';
import { newJobTables } from '../../lambdas/stores/guards.ts';
import { storedReports } from '../../lambdas/stores/reports.ts';
import { TABLE_NAMES } from '../../lib/contract.ts';
import type { Embedded } from '../embedded/embedded.ts';
import { markSimulated } from '../output/write-report.ts';
import type { Routes } from './server.ts';

export interface ServeOptions {
  log: Log;
  model: string;
  /** no model was asked: every section says so */
  simulated: boolean;
  /** false: a request may not start a job, which would have to be paid for */
  maySpend: boolean;
  /** hears of every job that a request has put */
  onJob: (jobId: string) => void;
}

/** The deployed routes over the embedded databases. */
export function embeddedRoutes({ db, world }: Pick<Embedded, 'db' | 'world'>, options: ServeOptions): Routes {
  const { log, model, simulated, maySpend, onJob } = options;
  const deps: PutJobDeps = {
    ...newJobTables(db, { jobs: TABLE_NAMES.jobs, ledger: TABLE_NAMES.ledger }),
    conversations: world.conversations,
    now: world.now,
    randomHex: () => randomBytes(4).toString('hex'),
    defaultModel: model,
    log,
  };
  const rowsOf = async (reportId: string) => {
    const rows = await storedReports(db, TABLE_NAMES.reports, reportId);
    return simulated ? rows.map(markSimulated) : rows;
  };
  return {
    'api-reports': (request) => answerReports({ storedReports: rowsOf, log }, request),
    async 'api-batch-reports'(request) {
      if (!maySpend) return refusal(403, 'a report has to be paid for: start with --yes to let requests order one');
      const answer = await answerBatchReports(deps, request);
      const { job_id, deduplicated } = answer.body as Partial<PutJobAnswer>;
      if (job_id && deduplicated === false) onJob(job_id);
      return answer;
    },
    'api-cancel': (request) => answerCancel({ jobs: world.jobs, now: world.now, stage: '', log }, request),
  };
}
