import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Asked } from '../lambdas/shared/ledger-rows.ts';
import { documentClient } from '../lambdas/stores/dynamodb.ts';
import { ledgerTable } from '../lambdas/stores/ledger.ts';
import type { Bench } from './bench.ts';
import { mathData } from './data/math-data.ts';
import { reportIdOf, ridOf, type Shape } from './data/shape.ts';
import { type Tables, writeAtOnce, writeCalls } from './data/tables.ts';
import { assignmentRows, topicRows } from './data/topic-rows.ts';
import { atMost, type Line } from './print.ts';
import { type Measured, runFresh } from './servers/process.ts';
import { median, medianLine, spread } from './stats.ts';

/** Loads the topic tables of the conversations. */
export async function loadTopics({ db }: Bench, tables: Tables, shapes: readonly Shape[]): Promise<void> {
  for (const shape of shapes) {
    await writeAtOnce(db, writeCalls(tables.topicNames, topicRows(shape)), 4);
    await writeAtOnce(db, writeCalls(tables.assignments, assignmentRows(shape)), 4);
  }
}

/** Submit step and bare reads of one conversation, in turns; medians, their ratio, and peak memory of the step. */
export async function benchSubmit(
  bench: Bench,
  tables: Tables,
  shape: Shape,
  pairs: number,
  targets: { ratio?: number; peakMiB?: number },
): Promise<Line[]> {
  const countsFile = join(bench.runs.folder, `counts-${shape.name}.json`);
  writeFileSync(countsFile, JSON.stringify(groupsOf(shape)));
  const reads = {
    databaseUrl: bench.databaseUrl,
    tables,
    zid: shape.zid,
    rid: ridOf(shape),
    reportId: reportIdOf(shape),
    countsFile,
  };
  const submits: Measured[] = [];
  const bare: Measured[] = [];
  for (let round = 0; round <= pairs; round++) {
    const step = await submitOnce(bench, tables, shape, round);
    const read = await runFresh(bench.runs.path('reads-run'), reads, bench.env);
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

async function submitOnce(bench: Bench, tables: Tables, shape: Shape, round: number): Promise<Measured> {
  const jobId = jobIdOf(shape, round);
  await bench.db.send(new PutItemCommand({ TableName: tables.jobs, Item: marshall(jobRow(jobId, shape)) }));
  const sections = shape.topics.reduce((sum, count) => sum + count, 3);
  const input = { databaseUrl: bench.databaseUrl, anthropicUrl: bench.standInUrl, tables, jobId, sections };
  return runFresh(bench.runs.path('submit-run'), input, bench.env);
}

const jobIdOf = (shape: Shape, round: number): string => `batch_report_${shape.name}_${round}`;

/** What the first run of a conversation asked, from the ledger. */
export const askedOf = ({ db }: Bench, tables: Tables, shape: Shape): Promise<Asked[]> =>
  Array.fromAsync(ledgerTable(documentClient(db), tables.ledger).askedInRound(jobIdOf(shape, 0), 1));

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

/** What the step works out from `math_main`, for the bare reads. */
function groupsOf(shape: Shape): { pids: number[]; gids: number[] } {
  const math = mathData(shape);
  const base = math['base-clusters'];
  const pairs = math['group-clusters'].flatMap(({ id, members }) =>
    members.flatMap((member) => (base.members[base.id.indexOf(member)] ?? []).map((pid) => [pid, id] as const)),
  );
  return { pids: pairs.map(([pid]) => pid), gids: pairs.map(([, gid]) => gid) };
}
