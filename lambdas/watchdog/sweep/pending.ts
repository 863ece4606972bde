import { closeEnded } from '../../job/close-ended.ts';
import { isUnderWay, type MarkedRow } from '../../job/marks.ts';
import { jobRowSchema } from '../../shared/job-row.ts';
import { dispatch } from '../../steps/dispatch.ts';
import {
  type Found,
  idleSeconds,
  MINUTE,
  type Rule,
  resumeOrGiveUp,
  runOf,
  type SweepDeps,
  secondsSinceFirst,
} from './rule.ts';

/** How long the stream may take, in seconds. */
const STREAM_SECONDS = 5 * MINUTE;

/**
 * PENDING rows that the stream has missed are started by the very name that the stream would use. A name that has been
 * used up is passed over by raising the version.
 */
export const pending: Rule = {
  status: 'PENDING',
  concerns: () => true,
  async see(deps, row): Promise<Found> {
    const openSeconds = secondsSinceFirst(deps.now(), row.updated_at, row.created_at);
    if (idleSeconds(row, deps.now()) < STREAM_SECONDS) return { did: 'left', openSeconds };
    const did = await start(deps, row);
    return did === 'closed' ? { did } : { did, openSeconds };
  },
};

async function start(deps: SweepDeps, row: MarkedRow): Promise<Found['did']> {
  if (!jobRowSchema.safeParse(row).success) return (await dispatch(deps, row)) === 'refused' ? 'closed' : 'left';
  const run = runOf(row, deps.stage);
  const status = await deps.executions.status(run.execution);
  if (isUnderWay(status)) return 'left';
  // stopped on purpose, before it could claim its row
  if (status === 'ABORTED') return (await closeEnded(deps, row, run, { status })) ? 'closed' : 'left';
  if (status === 'unknown' && (await dispatch(deps, row)) === 'started') return 'started';
  return resumeOrGiveUp(deps, row, `execution ${run.execution} has ended (${status}) without taking the job`);
}
