import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import type { DynamoDBRecord } from 'aws-lambda';
import { streamHandler } from '../../lambdas/handlers/dispatch.ts';
import { serverJob } from '../../lambdas/job/put.ts';
import { AnthropicRefused } from '../../lambdas/shared/errors.ts';
import { executionName } from '../../lambdas/shared/names.ts';
import { documentClient, writeAll } from '../../lambdas/stores/dynamodb.ts';
import { jobTable } from '../../lambdas/stores/jobs.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { createTables, localAws, startDynamo } from '../../local/embedded/dynamodb.ts';
import { NARRATIVES } from '../../local/machine/narratives.ts';
import { StreamPump } from '../../local/machine/stream-pump.ts';
import { must, type Table } from '../command-line.ts';

interface StreamRecords {
  records: number;
  /** ids of jobs put in, by what is wrong with them */
  good: string[];
  /** the state machine refuses each of them, however often */
  poison: string[];
  /** rows that are not in the agreed shape */
  unreadable: string[];
  /** names of executions that were started; a name can be started once */
  started: string[];
  /** how often a name was started that was started before */
  again: number;
  /** job ids of the records that became dead letters */
  deadLetters: string[];
  /** reasons that were logged for a job's record */
  reasons: Map<string, Set<string>>;
  /** rows after all records were delivered */
  rows: Map<string, Record<string, unknown>>;
  calls: number;
  seconds: number;
}

/** Why the state machine refuses the poison records. */
export const REFUSAL = 'the state machine does not take this name';

/** Puts this many job rows, one in twenty poison and one in twenty unreadable, and delivers the stream as the event source mapping would. */
export async function streamRecords(count: number, retryAttempts: number): Promise<StreamRecords> {
  const dynamo = await startDynamo({});
  const streams = new DynamoDBStreamsClient(localAws(dynamo.endpoint));
  try {
    const narratives = NARRATIVES;
    const streamArn = await createTables(dynamo.client, narratives.tables);
    const db = documentClient(dynamo.client);
    const seen = { good: [], poison: [], unreadable: [] } as Pick<StreamRecords, 'good' | 'poison' | 'unreadable'>;
    const rows = Array.from({ length: count }, (_, index) => {
      const kind = index % 20 === 7 ? 'poison' : index % 20 === 13 ? 'unreadable' : 'good';
      const row = jobRow(index);
      seen[kind].push(row.job_id);
      return kind === 'unreadable' ? { ...row, conversation_id: 'not a zid' } : row;
    });
    await writeAll(
      db,
      TABLE_NAMES.jobs,
      rows.map((Item) => ({ PutRequest: { Item } })),
    );
    const poison = new Set(seen.poison);
    const started = new Set<string>();
    let again = 0;
    const reasons = new Map<string, Set<string>>();
    const error = (_message: string, { job_id, why }: Record<string, unknown> = {}) =>
      void reasons.set(String(job_id), (reasons.get(String(job_id)) ?? new Set()).add(String(why)));
    let calls = 0;
    const handler = streamHandler({
      jobs: jobTable(db, TABLE_NAMES.jobs),
      log: { info: () => undefined, warn: () => undefined, error },
      now: () => new Date(),
      executions: {
        async start(name, input) {
          if (poison.has((input as { job_id: string }).job_id)) throw new AnthropicRefused(REFUSAL);
          if (started.has(name)) {
            again += 1;
            return 'already_started';
          }
          started.add(name);
          return 'started';
        },
      },
    });
    const deadLetters: string[] = [];
    const pump = new StreamPump({
      ...narratives,
      client: streams,
      streamArn,
      retryAttempts,
      pollMs: 0,
      handler: (event) => {
        calls += 1;
        return handler(event);
      },
      onDeadLetter: (record: DynamoDBRecord) => void deadLetters.push(record.dynamodb?.Keys?.job_id?.S ?? ''),
    });
    const from = performance.now();
    while ((await pump.poll()) > 0);
    const seconds = (performance.now() - from) / 1000;
    await pump.close();
    const jobs = jobTable(db, TABLE_NAMES.jobs);
    const after = new Map<string, Record<string, unknown>>();
    for (const { job_id } of rows) after.set(job_id, (await jobs.get(job_id)) ?? {});
    return { records: count, ...seen, started: [...started], again, deadLetters, reasons, rows: after, calls, seconds };
  } finally {
    streams.destroy();
    await dynamo.stop();
  }
}

const jobRow = (index: number) =>
  serverJob(
    { report_id: `rload${index}`, conversation_id: '7', model: 'claude-sonnet-5-5' },
    new Date('2026-11-22T12:00:00Z'),
    index.toString(16).padStart(8, '0'),
  );

const RECORDS = 1_000;
/** In a deployment a record is retried a thousand times; the effect of poison on other records shows with fewer. */
const RETRIES = 20;

/** The part `stream` of `npm run load`. */
export async function run(): Promise<Table> {
  const ran = await streamRecords(RECORDS, RETRIES);
  const names = new Set(ran.started);
  const started = ran.good.filter((jobId) => names.has(executionName(jobId, 1))).length;
  const reported = ran.deadLetters.filter((jobId) => ran.reasons.get(jobId)?.has(REFUSAL)).length;
  const marked = ran.unreadable.filter((jobId) => ran.rows.get(jobId)?.status === 'FAILED').length;
  return {
    title: `${RECORDS} stream records, one in ten of them poison`,
    lines: [
      { what: 'delivered', figure: `${ran.seconds.toFixed(1)} s`, note: `${ran.calls} calls of dispatch` },
      {
        what: 'good: started, each once',
        figure: `${started}`,
        target: must('all', started === ran.good.length && names.size === started),
      },
      {
        what: 'refused by Step Functions: dead letters, reason in the log',
        figure: `${reported}`,
        target: must('all', reported === ran.poison.length && ran.deadLetters.length === reported),
      },
      {
        what: 'rows not understood: FAILED, reason on the row',
        figure: `${marked}`,
        target: must('all', marked === ran.unreadable.length),
      },
    ],
  };
}
