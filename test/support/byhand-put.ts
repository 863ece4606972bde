import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { documentClient } from '../../lambdas/stores/dynamodb.ts';
import { localAws } from '../../local/embedded/dynamodb.ts';
import { serverJob } from '../../lambdas/job/put.ts';
import { SAMPLE } from '../../local/sample.ts';
import { randomBytes } from 'node:crypto';
const db = documentClient(new DynamoDBClient(localAws(process.env.DYNAMODB_ENDPOINT!)));
for (let i = 0; i < Number(process.argv[2] ?? 1); i++) {
const row = serverJob({ report_id: SAMPLE.report_id, conversation_id: String(SAMPLE.zid), model: 'claude-sonnet-5-5', no_cache: true }, new Date(), randomBytes(4).toString('hex'));
await db.send(new PutCommand({ TableName: 'Delphi_JobQueue', Item: row }));
console.log(row.job_id);
}
