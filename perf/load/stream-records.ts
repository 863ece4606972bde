import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import type { DynamoDBRecord } from 'aws-lambda';
import { streamHandler } from '../../lambdas/handlers/dispatch.ts';
import { serverJob } from '../../lambdas/job/new-row.ts';
import { AnthropicRefused } from '../../lambdas/shared/errors.ts';
import { documentClient, writeAll } from '../../lambdas/stores/dynamodb.ts';
import { jobTable } from '../../lambdas/stores/jobs.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { createTables, localAws, startDynamo } from '../../local/embedded/dynamodb.ts';
import { StreamPump } from '../../local/machine/stream-pump.ts';
import { synthNarratives } from '../../local/machine/template.ts';

export interface StreamRecords {
  records: number;
  /** ids of jobs put in, by what is wrong with them */
  good: string[];
  /** the state machine refuses each for good */
  poison: string[];
  /** rows that cannot be understood */
  unreadable: string[];
  /** names of executions that were started; a name can be started once */
  started: string[];
  /** how often a name was asked for again */
  again: number;
  /** ids of the jobs of records that were given up */
  deadLetters: string[];
  /** reasons that were logged for a job's record */
  reasons: Map<string, Set<string>>;
  /** rows as they stand */
  rows: Map<string, Record<string, unknown>>;
  calls: number;
  seconds: number;
}

export const REFUSAL = 'the state machine takes no such name';

/** Puts so many job rows, one in twenty poison and one in twenty unreadable, and delivers the stream as its mapping would. */
export async function streamRecords(count: number, retryAttempts: number): Promise<StreamRecords> {
  const dynamo = await startDynamo({});
  const streams = new DynamoDBStreamsClient(localAws(dynamo.endpoint));
  try {
    const narratives = synthNarratives();
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
