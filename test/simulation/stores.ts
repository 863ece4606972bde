import { setImmediate as nextTurn } from 'node:timers/promises';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { serverJob } from '../../lambdas/job/put.ts';
import { documentClient } from '../../lambdas/stores/dynamodb.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import type { ConversationData } from '../../local/conversation.ts';
import { createTables, localAws, startDynamo } from '../../local/embedded/dynamodb.ts';
import { loadTopics } from '../../local/embedded/polis.ts';
import { type StreamHandler, StreamPump } from '../../local/machine/stream-pump.ts';
import type { StreamsClient } from '../../local/machine/stream-reader.ts';
import { sampleConversation } from '../../local/sample.ts';
import { FakeStream } from '../support/fake-stream.ts';
import { clientOf, MemoryDb, narratives, streamRecord, TABLES } from '../support/memory/dynamodb.ts';
import { memoryPool, type Pool } from '../support/memory/postgres.ts';
import { rowText } from '../support/readers.ts';
import { MODEL } from './world.ts';

/** A second report of the conversation. */
export const OTHER_REPORT = 'r2secondreport';

/** Polis' PostgreSQL with one conversation; nothing ever writes to it, so that all runs share it. */
export interface Polis {
  data: ConversationData;
  pool: Pool;
}

/** The sample with its coarse topics only: three topics and the global sections, so that a run takes tenths of a second. */
export function openPolis(): Polis {
  const sample = sampleConversation();
  const run = sample.topicNames[0]?.topic_key.split('#')[0];
  const topicNames = sample.topicNames.filter((row) => row.layer_id === 1 && row.topic_key.startsWith(`${run}#`));
  const data = { ...sample, topicNames };
  const other = { ...data.report, rid: data.report.rid + 1, report_id: OTHER_REPORT };
  return { data, pool: memoryPool(data, [data.report, other]) };
}

/** The tables, their stream, and what it delivers to. */
export interface Tables {
  /** meets no fault */
  db: DynamoDBDocumentClient;
  /** what the functions are given behind the gate; absent: `db` */
  functionsDb?: DynamoDBDocumentClient;
  pump: StreamPump;
  deliverTo: { handler: StreamHandler; onDeadLetter: (why: string) => void };
  close(): Promise<void>;
}

/** Where the tables are: in this process, or in a DynamoDB server. */
export const TABLE_KINDS = ['memory', 'dynoxide'] as const;
export type TableKind = (typeof TABLE_KINDS)[number];

/** Runs that share a set of tables: those in memory cost nothing, a server's stream slows down with every record. */
export const RUNS_PER_TABLES: Record<TableKind, number> = { memory: 1, dynoxide: 10 };

/** New tables, with the topics of the conversation and the rows of other owners. */
export async function openTables(kind: TableKind, { data }: Polis): Promise<Tables> {
  const tables = kind === 'memory' ? memoryTables() : await dynoxideTables();
  await loadTopics(tables.db, data);
  await putDecoys(tables.db);
  return tables;
}

function memoryTables(): Tables {
  const shard: { id: string; records: object[] } = { id: 'shard', records: [] };
  const db = new MemoryDb(TABLES, {
    onWrite({ table, ...written }) {
      if (table !== TABLE_NAMES.jobs) return;
      const { eventName, dynamodb } = streamRecord(written);
      const nth = String(shard.records.length + 1);
      shard.records.push({ eventID: nth, eventName, dynamodb: { ...dynamodb, SequenceNumber: nth } });
    },
  });
  // a call takes a turn of the event loop, as one over a network does
  const client = clientOf(db, async (_what, act) => {
    await nextTurn();
    return act();
  });
  return { db: client, ...pumpOf(new FakeStream(shard).client, 'arn:of:the:stream'), close: async () => undefined };
}

async function dynoxideTables(): Promise<Tables> {
  const dynamo = await startDynamo({});
  const streamArn = await createTables(dynamo.client, TABLES);
  const streams = new DynamoDBStreamsClient(localAws(dynamo.endpoint));
  return {
    db: documentClient(dynamo.client),
    ...pumpOf(streams, streamArn),
    async close() {
      streams.destroy();
      await dynamo.stop();
    },
  };
}

function pumpOf(client: StreamsClient, streamArn: string): Pick<Tables, 'pump' | 'deliverTo'> {
  const deliverTo: Tables['deliverTo'] = {
    handler: async () => ({ batchItemFailures: [] }),
    onDeadLetter: () => undefined,
  };
  const pump = new StreamPump({
    client,
    streamArn,
    ...narratives,
    handler: (event) => deliverTo.handler(event),
    onDeadLetter: (_record, why) => deliverTo.onDeadLetter(why),
    pollMs: 1,
  });
  return { pump, deliverTo };
}

const AT = new Date('2026-11-20T09:00:00Z');
const row = (suffix: string, changes: Record<string, unknown>) => ({
  ...serverJob({ report_id: 'r9elsewhere', conversation_id: '999', model: MODEL }, AT, suffix),
  ...changes,
});

/** Job rows of others: other systems' types, statuses that only they know, and narrative jobs that a poller holds. */
const JOB_ROWS: readonly Record<string, unknown>[] = [
  row('f0000001', { job_type: 'FULL_PIPELINE' }),
  row('f0000002', { job_type: 'FULL_PIPELINE', status: 'PROCESSING', worker_id: 'poller-7' }),
  row('f0000003', { job_type: 'SOMETHING_NEW' }),
  row('f0000004', { status: 'PROCESSING', worker_id: 'poller-7', version: 2 }),
  row('f0000005', { status: 'AWAITING_RECHECK', worker_id: 'poller-7', version: 3 }),
  row('f0000006', { status: 'LOCKED_FOR_CHECKING', worker_id: 'poller-7', version: 4 }),
  row('f0000007', { status: 'CANCELLED', worker_id: 'poller-7', version: 3 }),
  row('f0000008', { status: 'FAILED', worker_id: 'poller-7', version: 3, error_message: 'of the poller' }),
];
const REPORT_ROW = {
  rid_section_model: `r9elsewhere#groups#${MODEL}`,
  timestamp: AT.toISOString(),
  report_id: 'r9elsewhere',
  section: 'groups',
  model: MODEL,
  report_data: '{}',
};
const LEDGER_ROW = { job_id: 'a_job_of_another', entry: 'plan', note: 'not ours' };

/** Puts rows of other owners into the tables. */
export async function putDecoys(db: DynamoDBDocumentClient): Promise<void> {
  for (const Item of JOB_ROWS) await db.send(new PutCommand({ TableName: TABLE_NAMES.jobs, Item }));
  await db.send(new PutCommand({ TableName: TABLE_NAMES.reports, Item: REPORT_ROW }));
  await db.send(new PutCommand({ TableName: TABLE_NAMES.ledger, Item: LEDGER_ROW }));
}

/** Which rows of other owners are no longer as they were put. */
export function touchedDecoys(found: { jobs: Row[]; reports: Row[]; ledger: Row[] }): string[] {
  const missing = (rows: Row[], wanted: readonly Row[], key: string) =>
    wanted.filter((want) => !rows.some((have) => rowText(have) === rowText(want))).map((want) => String(want[key]));
  return [
    ...missing(found.jobs, JOB_ROWS, 'job_id'),
    ...missing(found.reports, [REPORT_ROW], 'rid_section_model'),
    ...missing(found.ledger, [LEDGER_ROW], 'job_id'),
  ];
}

type Row = Record<string, unknown>;
