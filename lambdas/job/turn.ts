import type { JobTable } from '../stores/jobs.ts';
import type { Ledger } from '../stores/ledger.ts';
import { readLoosely, standingOf } from './standing.ts';

/**
 * Takes a report's turn for a job. Two jobs of one report at once would buy the same answers twice: the later one waits until the
 * earlier has ended, and then finds what that has bought.
 * @returns the job that has to end first; undefined when it is this job's turn
 */
export async function waitsForJob(
  { ledger, jobs }: { ledger: Pick<Ledger, 'takeTurn'>; jobs: Pick<JobTable, 'get'> },
  reportId: string,
  jobId: string,
): Promise<string | undefined> {
  const holder = await ledger.takeTurn(reportId, jobId);
  if (holder === jobId) return undefined;
  if (holder !== '' && (await isUnderWay(jobs, holder))) return holder;
  const now = await ledger.takeTurn(reportId, jobId, holder);
  return now === jobId ? undefined : now;
}

async function isUnderWay(jobs: Pick<JobTable, 'get'>, jobId: string): Promise<boolean> {
  const row = await readLoosely(jobs, jobId);
  if (!row) return false;
  const { kind } = standingOf(row, { stage: undefined });
  return kind === 'waiting' || kind === 'running' || kind === 'cancelling';
}

/** Seconds until a job looks again whether the earlier job of its report has ended. @param turns times that it has looked */
export const secondsToNextTurn = (turns: number): number => Math.min(300, 15 * 2 ** Math.min(turns, 5));
