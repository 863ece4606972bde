import {
  type BatchEntry,
  LEDGER_FORMAT,
  type Plan,
  type Prompt,
  type Section,
  sectionRow,
} from '../../lambdas/shared/ledger-rows.ts';
import { customId, entry, promptHash } from '../../lambdas/shared/names.ts';
import { pack } from '../../lambdas/shared/packed.ts';
import { roundRow } from '../../lambdas/stores/ledger.ts';
import { mixed, prose } from './random.ts';

/** Comments shown for each section of the collecting benchmark, and comments in its conversation. */
const SHOWN = 60;
const COMMENTS = 5_000;

/** The shape of an answer: with its citations it has about 11 KB of text. */
const PARAGRAPHS = 5;
const SENTENCES = 5;
const CLAUSES = 3;
const BANK = 3_000;

/** The comments that the section of an ordinal was shown. */
export const shownTo = (ordinal: number): number[] =>
  Array.from({ length: SHOWN }, (_, index) => (ordinal * 17 + index * 83) % COMMENTS);

/** Ordinals from 0 in a shuffled, repeatable order; `count` must not be a multiple of 7,919. */
function* shuffled(count: number): Generator<number> {
  for (let step = 0; step < count; step++) yield (step * 7_919 + 3) % count;
}

/** The results of a batch as JSON Lines, one at a time, in a shuffled order. Each is a valid report and differs from the others. */
export function* answerLines(jobId: string, count: number): Generator<string> {
  const bank = Array.from({ length: BANK }, (_, index) => prose(index, 60 + mixed(index, 9, 50)));
  for (const ordinal of shuffled(count)) yield answerLine(jobId, ordinal, bank);
}

function answerLine(jobId: string, ordinal: number, bank: readonly string[]): string {
  const message = {
    id: `msg_bench_${ordinal}`,
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-6',
    content: [{ type: 'text', text: reportText(ordinal, bank) }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: {
      input_tokens: 4_000 + (ordinal % 997),
      output_tokens: 2_600 + (ordinal % 499),
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 1_600,
    },
  };
  return JSON.stringify({ custom_id: customId(jobId, 1, ordinal), result: { type: 'succeeded', message } });
}

/** JSON text of one report, composed of prepared sentences, so that the server has little to do. */
function reportText(ordinal: number, bank: readonly string[]): string {
  const shown = shownTo(ordinal);
  let step = 0;
  const paragraphs: string[] = [];
  for (let paragraph = 0; paragraph < PARAGRAPHS; paragraph++) {
    const sentences: string[] = [];
    for (let sentence = 0; sentence < SENTENCES; sentence++) {
      const clauses: string[] = [];
      for (let clause = 0; clause < CLAUSES; clause++, step += 4) {
        const cited = [1, 2, 3].map((pick) => shown[mixed(ordinal, step + pick, SHOWN)]);
        clauses.push(`{"text":"${bank[mixed(ordinal, step, BANK)]}","citations":[${cited}]}`);
      }
      sentences.push(`{"clauses":[${clauses}]}`);
    }
    paragraphs.push(`{"id":"p${paragraph}","title":"Theme ${paragraph} of ${ordinal}","sentences":[${sentences}]}`);
  }
  return `{"id":"section_${ordinal}","title":"Section ${ordinal}","paragraphs":[${paragraphs}]}`;
}

/** The id of the batch whose results the server of answers generates. */
export const batchIdOf = (jobId: string, count: number): string => `msgbatch_${jobId}_${count}`;

const EXPIRES = 1_900_000_000;

/** The plan of a job with this many sections. */
export const planOf = (jobId: string, sections: number): Plan => ({
  job_id: jobId,
  entry: entry.plan,
  format: LEDGER_FORMAT,
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

/** One section. */
export function sectionOf(jobId: string, ordinal: number): Section {
  const topic_key = `3b1f0c52-7d44-4c5e-9a0e-5b9d2f6e8a10#0#${ordinal}`;
  const section = topic_key.replaceAll('#', '_');
  const name = `Topic ${ordinal}`;
  return {
    job_id: jobId,
    entry: entry.section(ordinal),
    section,
    kind: 'topic',
    title: name,
    topic: { topic_key, section, layer: 0, cluster: ordinal, name },
    ordinal,
    shown: shownTo(ordinal),
    // every run asks questions of its own
    prompt_hash: promptHash({ model: 'claude-sonnet-4-6', prompt_version: 'bench', schema_version: 1 }, jobId, section),
    expires_at_epoch: EXPIRES,
  };
}

/** What is asked and shown for one section; as large as a real one. */
const promptRow = (jobId: string, ordinal: number): Prompt => ({
  job_id: jobId,
  entry: entry.prompt(ordinal),
  prompt: PROMPT,
  tallies: TALLIES,
  expires_at_epoch: EXPIRES,
});

/** What submitting leaves in the ledger: the plan, the sections with their prompts, the first round, and its batch. */
export function* ledgerRows(jobId: string, sections: number): Generator<object> {
  const plan = planOf(jobId, sections);
  yield plan;
  const ordinals = [...Array(sections).keys()];
  for (const ordinal of ordinals) {
    yield sectionRow(sectionOf(jobId, ordinal));
    yield promptRow(jobId, ordinal);
  }
  yield roundRow(
    plan,
    1,
    ordinals.map((ordinal) => ({ ordinal, part: 0, max_tokens: 8_000 })),
  );
  yield batchOf(jobId, sections);
}

const PROMPT = pack(Array.from({ length: 60 }, (_, line) => `${line}|200 110 70 20|${prose(line, 110)}`).join('\n'));
const TALLIES = pack(JSON.stringify(Array.from({ length: 60 }, (_, tid) => ({ tid, all: [200, 110, 70, 20 + tid] }))));
