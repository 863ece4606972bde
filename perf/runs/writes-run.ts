import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { readLine } from '../../lambdas/batch/result-lines.ts';
import { readResult } from '../../lambdas/report/answer.ts';
import { customIdReader } from '../../lambdas/shared/names.ts';
import { answeredRow, knownAnswer } from '../../lambdas/steps/collect/answer-rows.ts';
import { answerLines, batchIdOf, planOf, sectionOf } from '../data/answers.ts';
import { type Tables, type WriteCall, writeAtOnce, writeCalls } from '../data/tables.ts';
import { input, measure } from './measure.ts';

/** The most calls that collecting makes at once. */
const LANES = 4;

/** Only writes the rows that collecting the same answers writes: they are built and marshalled beforehand. */
const { tables, jobId, count } = input<{ tables: Tables; jobId: string; count: number }>();
const calls: WriteCall[] = [...writeCalls(tables.ledger, rows())];
const db = new DynamoDBClient();

await measure(() => writeAtOnce(db, calls, LANES));

function* rows(): Generator<object> {
  const plan = planOf(jobId, count);
  const at = new Date();
  for (const text of answerLines(jobId, count)) {
    const line = readLine(text);
    const { ordinal } = customIdReader(jobId)(line.custom_id ?? '') as { ordinal: number };
    const section = sectionOf(jobId, ordinal);
    const outcome = readResult(line.result, { tids: new Set(section.shown), evidence: undefined });
    const { kind } = outcome as { kind: 'stored' };
    const answered = answeredRow({ plan, round: 1, at }, batchIdOf(jobId, count), section, line, outcome, { kind });
    const known = knownAnswer(section, answered);
    if (!known) throw new Error(`answer ${ordinal} is not a good one`);
    yield answered;
    yield known;
  }
}
