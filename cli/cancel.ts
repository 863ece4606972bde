import * as z from 'zod';
import { cancelJob, cancelledText } from '../lambdas/job/cancel.ts';
import { jobTable } from '../lambdas/stores/jobs.ts';
import { command, JOB_ID, text } from './command.ts';
import { WrongStatus } from './errors.ts';
import { unknownJob } from './job-row.ts';

export const cancel = command({
  name: 'cancel',
  description:
    'cancel a job and its batch at the Anthropic API; answers that are ready by then are kept, and free for the next job',
  argument: JOB_ID,
  input: z.object({ jobId: text }),
  async run({ cloud, io, deployment }, { jobId }) {
    const { JobTableName, stage } = await deployment();
    const jobs = jobTable(cloud.db, JobTableName);
    const answer = await cancelJob({ jobs, now: io.now, stage, by: 'from the command line' }, jobId);
    if (answer.kind === 'unknown') throw unknownJob(jobId);
    if (answer.kind === 'refused') throw new WrongStatus(answer.why);
    const { cancelled: value } = answer;
    return { value, text: cancelledText(value) + (value.execution ? ` (narratives watch ${jobId})` : '') };
  },
});
