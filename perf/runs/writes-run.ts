import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { readLine } from '../../lambdas/batch/result-lines.ts';
import { readResult } from '../../lambdas/report/answer.ts';
import { customIdReader } from '../../lambdas/shared/names.ts';
import { answeredRow } from '../../lambdas/steps/collect/answer-rows.ts';
import { answerLines, askedRow, batchIdOf, planOf } from '../data/answers.ts';
import { type Tables, type WriteCall, writeAtOnce, writeCalls } from '../data/tables.ts';
import { input, measure } from './measure.ts';

/** The most calls that collecting makes at once: two windows with four each. */
const LANES = 8;

/** Only writes the rows that collecting the same answers writes: they are built and marshalled beforehand. */
const { tables, jobId, count } = input<{ tables: Tables; jobId: string; count: number }>();
const calls: WriteCall[] = [
  ...writeCalls(tables.reports, rows('report')),
  ...writeCalls(tables.ledger, rows('answered')),
];
const db = new DynamoDBClient();

await measure(() => writeAtOnce(db, calls, LANES));

function* rows(kind: 'report' | 'answered'): Generator<object> {
  const plan = planOf(jobId, count);
  const at = new Date();
  for (const text of answerLines(jobId, count)) {
    const line = readLine(text);
    const { ordinal } = customIdReader(jobId)(line.custom_id ?? '') as { ordinal: number };
    const asked = askedRow(jobId, ordinal);
    const shown = new Set(asked.shown);
    const outcome = readResult(line.result, (tid) => shown.has(tid));
    const row = answeredRow({ plan, round: 1, at }, batchIdOf(jobId, count), ordinal, asked, { line, outcome })[kind];
    if (!row) throw new Error(`answer ${ordinal} makes no ${kind} row`);
    yield row;
  }
}
