import { customId } from '../../lambdas/shared/names.ts';
import { mixed, prose } from './random.ts';

/** Comments shown for each section of the collecting benchmark, and comments in its conversation. */
const SHOWN = 60;
const COMMENTS = 5_000;

/** Clauses an answer has: with their citations they make about 11 KB of text. */
const PARAGRAPHS = 5;
const SENTENCES = 5;
const CLAUSES = 3;
const BANK = 3_000;

/** The comments that the section of an ordinal was shown. */
export const shownTo = (ordinal: number): number[] =>
  Array.from({ length: SHOWN }, (_, index) => (ordinal * 17 + index * 83) % COMMENTS);

/** Ordinals from 0 in a repeatable order that is not theirs; `count` must not be a multiple of 7,919. */
function* shuffled(count: number): Generator<number> {
  for (let step = 0; step < count; step++) yield (step * 7_919 + 3) % count;
}

/** The results of a batch as JSON Lines, one at a time, in no order. Each is a valid report and differs from the others. */
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

/** JSON text of one report, put together from the bank so that the server has little to do. */
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

/** The id of the batch whose results the server of answers makes up. */
export const batchIdOf = (jobId: string, count: number): string => `msgbatch_${jobId}_${count}`;
