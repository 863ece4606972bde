import { randomBytes } from 'node:crypto';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { type PutJobDeps, serverJob } from '../../lambdas/job/put.ts';
import { documentClient } from '../../lambdas/stores/dynamodb.ts';
import { newJobTables } from '../../lambdas/stores/guards.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { createTables, startDynamo } from '../../local/embedded/dynamodb.ts';
import { NARRATIVES } from '../../local/machine/narratives.ts';
import { memoryLog } from './make.ts';
import { allRows } from './readers.ts';

export const ZID = 90_871_263;
export const MODEL = 'claude-sonnet-5-5';

/** The job table and the ledger of the template on a real DynamoDB server, and a conversation with any report. */
export async function startGuarded() {
  const dynamo = await startDynamo({});
  await createTables(dynamo.client, NARRATIVES.tables);
  const db = documentClient(dynamo.client);
  let clock = Date.parse('2026-11-22T12:00:00Z');
  const { log, lines } = memoryLog();
  const deps: PutJobDeps = {
    ...newJobTables(db, { jobs: TABLE_NAMES.jobs, ledger: TABLE_NAMES.ledger }),
    conversations: {
      report: async (reportId) =>
        reportId.startsWith('runknown') ? undefined : { zid: ZID, rid: 1, labels: [], mod_level: -1 },
    },
    now: () => new Date(clock),
    randomHex: () => randomBytes(4).toString('hex'),
    defaultModel: MODEL,
    log,
  };
  return {
    db,
    deps,
    lines,
    passDays(days: number) {
      clock += days * 86_400_000;
    },
    /** Puts a row past the guard, as the Polis server does. */
    async serverPuts(report_id: string, changes: Record<string, unknown> = {}) {
      const made = serverJob(
        { report_id, conversation_id: String(ZID), model: 'claude-opus-5-5' },
        new Date(clock),
        'abcdef01',
      );
      const row = { ...made, ...changes };
      await db.send(new PutCommand({ TableName: TABLE_NAMES.jobs, Item: row }));
      return row;
    },
    /** Ends a job as its execution does. */
    async end(job_id: string, status = 'COMPLETED') {
      const row = await deps.jobs.get(job_id);
      await db.send(new PutCommand({ TableName: TABLE_NAMES.jobs, Item: { ...row, status } }));
    },
    jobsOf: async (reportId: string) =>
      (await allRows(db, TABLE_NAMES.jobs)).filter(({ report_id }) => report_id === reportId),
    ledger: () => allRows(db, TABLE_NAMES.ledger),
    stop: () => dynamo.stop(),
  };
}
