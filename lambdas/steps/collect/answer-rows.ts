import type { ReadLine } from '../../batch/result-lines.ts';
import { priceOf } from '../../money/prices.ts';
import { billedTokens, type Outcome } from '../../report/answer.ts';
import type { Report } from '../../report/shape.ts';
import type { Answered, AnsweredFacts, KnownAnswer, Section, Unfiled } from '../../shared/ledger-rows.ts';
import { answerKey, customId, entry, placeOf, textMark } from '../../shared/names.ts';
import { pack, unpack } from '../../shared/packed.ts';
import { plainLabel } from '../../shared/plain-text.ts';
import type { Round } from './round.ts';

/** A DynamoDB row holds 400 KB; what is larger cannot be kept whole. */
const MAX_ROW_BYTES = 350_000;

/** What became of one request, beside the facts of its message. */
type Verdict = Pick<Answered, 'kind' | 'reason' | 'reads' | 'prompt_hash' | 'unproven' | 'failed_clauses'> & {
  report?: Report;
};

/** The ledger's row for one answer. A report that is too large for a row of the reports table is asked for again. */
export function answeredRow(
  { plan, round, at }: Pick<Round, 'plan' | 'round' | 'at'>,
  batchId: string,
  { section, ordinal }: Section,
  line: Pick<ReadLine, 'text' | 'mark'>,
  { tokens, stop_reason, message_id, said }: Pick<Outcome, 'tokens' | 'stop_reason' | 'message_id' | 'said'>,
  { report, ...verdict }: Verdict,
): Answered {
  return {
    job_id: plan.job_id,
    entry: entry.answered(round, ordinal),
    section,
    ...(!report || fits(report, line.text) ? verdict : { kind: 'ask_again', reason: 'too_large' }),
    batch_id: batchId,
    ...billed(plan.model, tokens, at),
    ...(stop_reason ? { stop_reason } : {}),
    ...(message_id ? { message_id } : {}),
    ...(said ? { said } : {}),
    line_mark: line.mark,
    raw: packRaw(line.text),
    expires_at_epoch: plan.expires_at_epoch,
  };
}

/** The line quotes the report, and so is longer than it; a character is three bytes at most. */
const fits = (report: Report, text: string): boolean =>
  text.length * 3 <= MAX_ROW_BYTES || Buffer.byteLength(JSON.stringify(report)) <= MAX_ROW_BYTES;

/**
 * The ledger's row by which a later job finds an answer: a good one, or one with clauses that fail, from which it continues. None for a
 * batch of the old pipeline, whose prompts are not known.
 */
export function knownAnswer(
  section: Section,
  {
    job_id,
    entry: range,
    ...answered
  }: Pick<Answered, 'job_id' | 'entry'> & Omit<AnsweredFacts, 'section'> & Pick<Answered, 'expires_at_epoch'>,
): KnownAnswer | undefined {
  const { kind, reads, unproven, cost_micro_usd, expires_at_epoch } = answered;
  const prompt_hash = reads === undefined ? section.prompt_hash : answered.prompt_hash;
  if ((kind !== 'stored' && kind !== 'unproven') || prompt_hash === undefined) return undefined;
  const answer = {
    job_id,
    entry: range,
    ...(cost_micro_usd === undefined ? {} : { cost_micro_usd }),
    ...(kind === 'unproven' && unproven ? { unproven } : {}),
  };
  return { ...answerKey(prompt_hash), answer, expires_at_epoch };
}

function billed(model: string, tokens: Outcome['tokens'], at: Date): Pick<Answered, 'tokens' | 'cost_micro_usd'> {
  if (!tokens) return {};
  const cost_micro_usd = priceOf(model, tokens, at);
  return { tokens, ...(cost_micro_usd === undefined ? {} : { cost_micro_usd }) };
}

/** The ledger's row for a line that is not a section's answer: it names none of this job, or one that has a better answer. */
export function unfiledRow(
  { plan, round, at }: Pick<Round, 'plan' | 'round' | 'at'>,
  batchId: string,
  line: ReadLine,
  why: Unfiled['why'],
): Unfiled {
  return {
    job_id: plan.job_id,
    entry: entry.unfiled(round, line.mark),
    why,
    ...(line.custom_id ? { custom_id: plainLabel(line.custom_id) } : {}),
    batch_id: batchId,
    ...billed(plan.model, billedTokens(line.result), at),
    raw: packRaw(line.text),
    expires_at_epoch: plan.expires_at_epoch,
  };
}

/** The row that keeps an answer replaced by a better one; the same as if it had come second. */
export function replacedRow(answered: Answered, round: number): Unfiled {
  const { job_id, batch_id, tokens, cost_micro_usd, raw, line_mark, expires_at_epoch } = answered;
  return {
    job_id,
    entry: entry.unfiled(round, line_mark ?? textMark(raw ? unpack(raw) : '')),
    why: 'duplicate',
    custom_id: customId(job_id, round, placeOf(answered.entry).ordinal),
    batch_id,
    ...(tokens ? { tokens } : {}),
    ...(cost_micro_usd === undefined ? {} : { cost_micro_usd }),
    raw,
    expires_at_epoch,
  };
}

/** The line as it came; where even packed it is too large for a row, its beginning. */
function packRaw(text: string): Uint8Array<ArrayBuffer> {
  const packed = pack(text);
  if (packed.length <= MAX_ROW_BYTES) return packed;
  // by bytes, as a character can be three of them, and some less for what packing may add
  return pack(
    Buffer.from(text)
      .subarray(0, MAX_ROW_BYTES - 1_000)
      .toString('utf8')
      .replace(/\ufffd$/, ''),
  );
}
