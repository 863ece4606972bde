import type { BatchReportsRequest } from '../../lambdas/job/batch-reports-request.ts';
import { type PutJobAnswer, type PutJobDeps, putJob } from '../../lambdas/job/put.ts';
import { InvalidSetting, StoreUnavailable } from '../../lambdas/shared/errors.ts';
import type { Conversations } from '../../lambdas/stores/postgres.ts';
import { DatabaseAway, JobActive } from '../errors.ts';

/**
 * Puts a job row as the Polis server does.
 * @throws JobActive when the report has a job under way, unless an idempotency key asks for just that one
 */
export async function submit(deps: PutJobDeps, request: BatchReportsRequest): Promise<PutJobAnswer> {
  const answer = await putJob(deps, request);
  if (!answer.deduplicated || request.idempotency_key !== undefined) return answer;
  throw new JobActive(
    `report ${request.report_id} has job ${answer.job_id} under way: wait for it (narratives watch ${answer.job_id}) or cancel it`,
  );
}

/** The report's conversation, as a flag has named it: the database is not asked. */
export const givenConversation = (zid: string): Pick<Conversations, 'report'> => ({
  report: async () => ({ zid: Number(zid), rid: 0, labels: [] }),
});

/** The database, where its absence says what else can be done. */
export const conversationFrom = (conversations: Pick<Conversations, 'report'>): Pick<Conversations, 'report'> => ({
  async report(reportId) {
    try {
      return await conversations.report(reportId);
    } catch (error) {
      if (error instanceof InvalidSetting) {
        const { tlsTroubleHere } = await import('../database.ts');
        throw tlsTroubleHere(error.cause) ?? error;
      }
      if (!(error instanceof StoreUnavailable)) throw error;
      throw new DatabaseAway(
        `${error.message}: it may be in a private network; set DATABASE_URL to an address that is reachable from here, or give --zid`,
        { cause: error },
      );
    }
  },
});
