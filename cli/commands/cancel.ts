import { type CancelDeps, type Cancelled, cancelJob as cancel } from '../../lambdas/job/cancel.ts';
import { WrongStatus } from '../errors.ts';
import { unknownJob } from './own-job.ts';

/**
 * Sets a job CANCELLED, as the HTTP API does.
 * @throws UnknownJob, WrongStatus
 */
export async function cancelJob(deps: Omit<CancelDeps, 'by'>, jobId: string): Promise<Cancelled> {
  const answer = await cancel({ ...deps, by: 'from the command line' }, jobId);
  if (answer.kind === 'unknown') throw unknownJob(jobId);
  if (answer.kind === 'refused') throw new WrongStatus(answer.why);
  return answer.cancelled;
}
