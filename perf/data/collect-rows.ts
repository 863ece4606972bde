import type { Asked, BatchEntry, Plan } from '../../lambdas/shared/ledger-rows.ts';
import { customId, entry, promptHash } from '../../lambdas/shared/names.ts';
import { pack } from '../../lambdas/shared/packed.ts';
import { batchIdOf, shownTo } from './answer-lines.ts';
import { prose } from './random.ts';

const EXPIRES = 1_900_000_000;

/** The plan of a job with so many sections. */
export const planOf = (jobId: string, sections: number): Plan => ({
  job_id: jobId,
  entry: entry.plan,
  report_id: 'rbenchcollect',
  conversation_id: '70003',
  report_job_id: jobId,
  model: 'claude-sonnet-4-6',
  max_batch_size: 100_000,
  sections,
  report_timestamp: '2026-11-22T10:00:00.000Z',
  prompt_version: 'bench',
  schema_version: 1,
  expires_at_epoch: EXPIRES,
});

/** The row of its one batch, which has ended. */
export const batchOf = (jobId: string, sections: number): BatchEntry => ({
  job_id: jobId,
  entry: entry.batch(1, 0),
  round: 1,
  part: 0,
  state: 'ended',
  requests: sections,
  intent_at: '2026-11-22T10:00:00.000Z',
  batch_id: batchIdOf(jobId, sections),
  expires_at_epoch: EXPIRES,
});

/** One asked row; its packed prompt and tallies are as large as a real one's. */
export function askedRow(jobId: string, ordinal: number): Asked {
  const topic_key = `3b1f0c52-7d44-4c5e-9a0e-5b9d2f6e8a10#0#${ordinal}`;
  const section = topic_key.replaceAll('#', '_');
  const name = `Topic ${ordinal}`;
  return {
    job_id: jobId,
    entry: entry.asked(1, ordinal),
    section,
    kind: 'topic',
    title: name,
    topic: { topic_key, section, layer: 0, cluster: ordinal, name },
    ordinal,
    round: 1,
    part: 0,
    custom_id: customId(jobId, 1, ordinal),
    max_tokens: 8_000,
    shown: shownTo(ordinal),
    tallies: TALLIES,
    prompt: PROMPT,
    prompt_hash: promptHash(section),
    prompt_version: 'bench',
    expires_at_epoch: EXPIRES,
  };
}

/** What submitting leaves in the ledger: the plan, the asked rows, and the batch. */
export function* ledgerRows(jobId: string, sections: number): Generator<object> {
  yield planOf(jobId, sections);
  for (let ordinal = 0; ordinal < sections; ordinal++) yield askedRow(jobId, ordinal);
  yield batchOf(jobId, sections);
}

const PROMPT = pack(Array.from({ length: 60 }, (_, line) => `${line}|200 110 70 20|${prose(line, 110)}`).join('\n'));
const TALLIES = pack(JSON.stringify(Array.from({ length: 60 }, (_, tid) => ({ tid, all: [200, 110, 70, 20 + tid] }))));
