import * as z from 'zod';
import { type Redriven, redriveJob } from '../lambdas/job/redrive.ts';
import { newJobTables } from '../lambdas/stores/guards.ts';
import { jobTable } from '../lambdas/stores/jobs.ts';
import { command, text } from './command.ts';
import { JobActive, WrongStatus } from './errors.ts';
import { unknownJob } from './job-row.ts';
import { deadLetters, invokeSweep, redriveAll, sweptText } from './sweep.ts';

export const redrive = command({
  name: 'redrive',
  description:
    'resume a failed job; without JOB_ID, run the sweep, which starts or resumes forgotten jobs, and clear the dead letters',
  argument: ['[JOB_ID]', 'id of a FAILED job'],
  input: z.object({ jobId: text.optional() }),
  async run({ cloud, io, deployment }, { jobId }) {
    const { JobTableName, LedgerTableName, DeadLetterQueueUrl, SweepFunctionName, stage } = await deployment();
    if (jobId !== undefined) {
      const { jobs: active } = newJobTables(cloud.db, { jobs: JobTableName, ledger: LedgerTableName });
      const jobs = { ...jobTable(cloud.db, JobTableName), ...active };
      const answer = await redriveJob({ jobs, now: io.now, stage, by: 'from the command line' }, jobId);
      if (answer.kind === 'unknown') throw unknownJob(jobId);
      if (answer.kind === 'active') throw new JobActive(answer.why);
      if (answer.kind === 'refused') throw new WrongStatus(answer.why);
      const { redriven: value } = answer;
      return { value, text: redrivenText(value) };
    }
    const value = await redriveAll({
      letters: deadLetters(cloud.queues, DeadLetterQueueUrl),
      sweep: () => invokeSweep(cloud.lambda, SweepFunctionName),
    });
    return { value, text: sweptText(value) };
  },
});

export const redrivenText = ({ job_id, execution }: Redriven): string =>
  `job ${job_id} is PENDING again; the job stream starts execution ${execution} (narratives watch ${job_id})`;
