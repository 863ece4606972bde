import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { CreateTableCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NARRATIVES } from '../../../../local/machine/narratives.ts';
import { StreamPump } from '../../../../local/machine/stream-pump.ts';

const synthesized = NARRATIVES;
const DYNOXIDE = fileURLToPath(new URL('../../../../node_modules/@dynoxide/linux-x64/dynoxide', import.meta.url));

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

describe.skipIf(!existsSync(DYNOXIDE))('the stream pump on the embedded DynamoDB', () => {
  const access = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  let server: ChildProcess;
  let endpoint: string;

  beforeAll(async () => {
    const port = await freePort();
    endpoint = `http://127.0.0.1:${port}`;
    server = spawn(DYNOXIDE, ['--port', String(port)], { stdio: ['ignore', 'ignore', 'pipe'] });
    // It says on which address it listens once it does.
    await once(server.stderr as NodeJS.ReadableStream, 'data');
  });
  afterAll(() => server.kill());

  it("hands a row put into the template's own job table to the function", async () => {
    const database = new DynamoDBClient({ endpoint, ...access });
    const streams = new DynamoDBStreamsClient({ endpoint, ...access });
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
