import { CreateTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedDynamo, localAws, startDynamo } from '../../../../local/embedded/dynamodb.ts';
import { NARRATIVES } from '../../../../local/machine/narratives.ts';
import { StreamPump } from '../../../../local/machine/stream-pump.ts';

const synthesized = NARRATIVES;

describe('the stream pump on the embedded DynamoDB', () => {
  let dynamo: EmbeddedDynamo;
  beforeAll(async () => {
    dynamo = await startDynamo({});
  });
  afterAll(() => dynamo.stop());

  it("hands a row put into the template's own job table to the function", async () => {
    const { client: database, endpoint } = dynamo;
    const streams = new DynamoDBStreamsClient(localAws(endpoint));
    for (const table of synthesized.tables.slice(1)) await database.send(new CreateTableCommand(table));
    const made = await database.send(new CreateTableCommand(synthesized.tables[0] ?? ({} as never)));
    const put = (jobId: string, jobType: string) =>
      database.send(
        new PutItemCommand({
          TableName: 'Delphi_JobQueue',
          Item: { job_id: { S: jobId }, status: { S: 'PENDING' }, job_type: { S: jobType }, worker_id: { S: 'none' } },
        }),
      );
    await put('pipeline', 'FULL_PIPELINE');
    await put('narrative', 'CREATE_NARRATIVE_BATCH');
    const seen: unknown[] = [];
    const pump = new StreamPump({
      ...synthesized,
      client: streams,
      streamArn: made.TableDescription?.LatestStreamArn ?? '',
      handler: async ({ Records }) =>
        void seen.push(...Records.map(({ dynamodb }) => dynamodb?.NewImage?.job_id)) as undefined,
      onDeadLetter: () => {},
    });
    expect(await pump.poll()).toBe(2);
    expect(seen).toEqual([{ S: 'narrative' }]);
    await pump.close();
  });
});
