import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Prompt } from '../../lambdas/shared/ledger-rows.ts';
import { documentClient } from '../../lambdas/stores/dynamodb.ts';
import { ledgerTable } from '../../lambdas/stores/ledger.ts';
import { groupsByPid } from '../../lambdas/stores/postgres.ts';
import { atMost, type Line, median, medianLine, printTable, spread } from '../command-line.ts';
import {
  assignmentRows,
  BIG,
  loadPolis,
  mathData,
  reportIdOf,
  ridOf,
  type Shape,
  SMALL,
  topicRows,
} from '../data/conversations.ts';
import { createTables, dropTables, type Tables, writeAtOnce, writeCalls } from '../data/tables.ts';
import { startAnthropic } from '../servers/anthropic.ts';
import { startPostgres } from '../servers/postgres.ts';
import { type Measured, runFresh } from '../servers/process.ts';
import { promptLines } from './prompts.ts';
import type { Bench } from './setup.ts';

/** What a call to a service in the same region takes. */
const LATENCY_MS = 5;

/**
 * Measures both conversations and prints a table of each.
 * @returns lines about the prompts that were sent
 */
export async function benchSubmit(bench: Bench, pairs: number): Promise<Line[]> {
  const databaseUrl = await bench.started(startPostgres());
  const anthropicUrl = await bench.started(startAnthropic('stand-in'));
  const tables = await createTables(bench.db, `bench_${process.pid}_s`);
  const servers = { ...bench, databaseUrl, anthropicUrl, tables };
  try {
    await loadPolis(databaseUrl, [BIG, SMALL]);
    await loadTopics(servers, [BIG, SMALL]);
    const big = await measureSubmit(servers, BIG, pairs, { ratio: 1.1, peakMiB: 200 });
    printTable('Claim to submit: 5,000 comments, 20,000 participants, 1,000,000 votes, 5 groups, 54 sections', [
      ...big,
      quoted('10.5 s, 569 MiB'),
    ]);
    const small = await measureSubmit(servers, SMALL, pairs, { ratio: 1.5 });
    printTable('Claim to submit: 197 comments, 49,000 votes, 2 groups, 21 sections', [...small, quoted('0.39 s')]);
    const far = await measureSubmit(servers, SMALL, pairs, { latencyMs: LATENCY_MS });
    printTable(`The same with ${LATENCY_MS} ms added to every call of DynamoDB and PostgreSQL`, far);
    return [
      ...promptLines('5,000 comments', await promptsOf(servers, BIG)),
      ...promptLines('197 comments', await promptsOf(servers, SMALL)),
    ];
  } finally {
    await dropTables(bench.db, tables);
  }
}

/** A figure of today's Python pipeline, for orientation only. */
const quoted = (figure: string): Line => ({
  what: 'today’s Python pipeline',
  figure,
  note: 'quoted, not measured here',
});

interface Servers extends Bench {
  databaseUrl: string;
  anthropicUrl: string;
  tables: Tables;
}

async function loadTopics({ db, tables }: Servers, shapes: readonly Shape[]): Promise<void> {
  for (const shape of shapes) {
    await writeAtOnce(db, writeCalls(tables.topicNames, topicRows(shape)), 4);
    await writeAtOnce(db, writeCalls(tables.assignments, assignmentRows(shape)), 4);
  }
}

/** Submit step and bare reads of one conversation, in turns; medians, their ratio, and peak memory of the step. */
async function measureSubmit(
  servers: Servers,
  shape: Shape,
  pairs: number,
  { latencyMs = 0, ...targets }: { ratio?: number; peakMiB?: number; latencyMs?: number },
): Promise<Line[]> {
  const { databaseUrl, tables, runs, env } = servers;
  const countsFile = join(runs.folder, `counts-${shape.name}.json`);
  writeFileSync(countsFile, JSON.stringify(groupsOf(shape)));
  const reads = {
    databaseUrl,
    tables,
    zid: shape.zid,
    rid: ridOf(shape),
    reportId: reportIdOf(shape),
    countsFile,
    latencyMs,
  };
  const submits: Measured[] = [];
  const bare: Measured[] = [];
  for (let round = 0; round <= pairs; round++) {
    const step = await submitOnce(servers, shape, round, latencyMs);
    const read = await runFresh(runs.path('reads-run'), reads, env);
    // the first pair warms the databases' caches for both
    if (round === 0) continue;
    submits.push(step);
    bare.push(read);
  }
  const [stepMs, readMs] = [submits.map(({ ms }) => ms), bare.map(({ ms }) => ms)];
  const ratio = median(stepMs) / median(readMs);
  const peaks = submits.map(({ peakMiB }) => peakMiB);
  const peak = Math.max(...peaks);
  return [
    medianLine('submit step, claim to return', stepMs, 'ms'),
    medianLine('the same reads, bare', readMs, 'ms'),
    { what: 'ratio', figure: ratio.toFixed(2), ...(targets.ratio ? { target: atMost(ratio, targets.ratio) } : {}) },
    {
      what: 'highest peak memory of the submit step',
      figure: `${peak.toFixed(0)} MiB`,
      note: spread(peaks),
      ...(targets.peakMiB ? { target: atMost(peak, targets.peakMiB, ' MiB') } : {}),
    },
  ];
}

async function submitOnce(servers: Servers, shape: Shape, round: number, latencyMs: number): Promise<Measured> {
  const { db, databaseUrl, anthropicUrl, tables, runs, env } = servers;
  const jobId = jobIdOf(shape, round, latencyMs);
  await db.send(new PutItemCommand({ TableName: tables.jobs, Item: marshall(jobRow(jobId, shape)) }));
  const sections = shape.topics.reduce((sum, count) => sum + count, 3);
  const input = { databaseUrl, anthropicUrl, tables, jobId, sections, latencyMs };
  const measured = await runFresh(runs.path('submit-run'), input, env);
  // the next job of the report would wait for it
  const ended = { ...jobRow(jobId, shape), status: 'COMPLETED' };
  await db.send(new PutItemCommand({ TableName: tables.jobs, Item: marshall(ended) }));
  return measured;
}

const jobIdOf = (shape: Shape, round: number, latencyMs = 0): string =>
  `batch_report_${shape.name}_${latencyMs}_${round}`;

/** The prompts of the first run of a conversation, from the ledger. */
async function promptsOf({ db, tables }: Servers, shape: Shape): Promise<Prompt[]> {
  const sections = shape.topics.reduce((sum, count) => sum + count, 3);
  const ledger = ledgerTable(documentClient(db), tables.ledger);
  return [...(await ledger.prompts(jobIdOf(shape, 0), [...Array(sections).keys()])).values()];
}

/** A PENDING row as the Polis server writes it. */
function jobRow(job_id: string, shape: Shape) {
  const config = {
    model: 'claude-sonnet-4-6',
    max_batch_size: 100,
    no_cache: false,
    report_id: reportIdOf(shape),
    include_moderation: false,
  };
  return {
    job_id,
    job_type: 'CREATE_NARRATIVE_BATCH',
    status: 'PENDING',
    version: 1,
    priority: 50,
    worker_id: 'none',
    conversation_id: String(shape.zid),
    report_id: reportIdOf(shape),
    job_config: JSON.stringify({
      job_type: 'CREATE_NARRATIVE_BATCH',
      stages: [{ stage: 'CREATE_NARRATIVE_BATCH_CONFIG_STAGE', config }],
    }),
    created_at: new Date().toISOString(),
    logs: '{"entries":[]}',
  };
}

/** The group of every participant: the step computes it from `math_main`, the bare reads need it beforehand. */
function groupsOf(shape: Shape): number[] {
  const { 'base-clusters': base, 'group-clusters': groups } = mathData(shape);
  const membersOf = (member: number) => base.members[base.id.indexOf(member)] ?? [];
  return groupsByPid(groups.map(({ id, members }) => ({ gid: id, pids: members.flatMap(membersOf) })));
}
