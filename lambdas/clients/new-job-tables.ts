import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { PutJobDeps } from '../job/put-job.ts';
import { activeJobs } from './active-jobs.ts';
import { jobGuards } from './job-guards.ts';
import { jobTable } from './job-table.ts';

/** What `putJob` needs of DynamoDB. @param tables names of the job table and of the ledger */
export const newJobTables = (
  db: DynamoDBDocumentClient,
  tables: { jobs: string; ledger: string },
): Pick<PutJobDeps, 'jobs' | 'guards'> => ({
  jobs: { ...jobTable(db, tables.jobs), ...activeJobs(db, tables.jobs) },
  guards: jobGuards(db, tables),
});
