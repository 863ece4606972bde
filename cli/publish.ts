import * as z from 'zod';
import { publishStopped } from '../lambdas/job/publish-stopped.ts';
import { jobTable } from '../lambdas/stores/jobs.ts';
import { ledgerTable } from '../lambdas/stores/ledger.ts';
import { reportsTable } from '../lambdas/stores/reports.ts';
import { command, JOB_ID, text } from './command.ts';
import { WrongStatus } from './errors.ts';
import { unknownJob } from './job-row.ts';

export const publish = command({
  name: 'publish',
  description:
    'publish what a failed or cancelled job has, with a sentence in every gap; readers then see it as the newest report',
  argument: JOB_ID,
  input: z.object({ jobId: text }),
  async run({ cloud, io, deployment }, { jobId }) {
    const { JobTableName, LedgerTableName, ReportsTableName } = await deployment();
    const { db } = cloud;
    const deps = {
      jobs: jobTable(db, JobTableName),
      ledger: ledgerTable(db, LedgerTableName),
      reports: reportsTable(db, ReportsTableName),
      now: io.now,
      by: 'by a person, from the command line,',
    };
    const answer = await publishStopped(deps, jobId);
    if (answer.kind === 'unknown') throw unknownJob(jobId);
    if (answer.kind === 'refused') throw new WrongStatus(answer.why);
    const { report_id, stored, planned } = answer;
    return {
      value: { job_id: jobId, report_id, stored, planned },
      text: `report ${report_id} is published with ${stored} of ${planned} sections; what is missing says so in the report`,
    };
  },
});
