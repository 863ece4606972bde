import type { ReadLine } from '../../batch/result-lines.ts';
import { priceOf } from '../../money/prices.ts';
import { billedTokens, type Outcome } from '../../report/answer.ts';
import { type ReportRow, storedRow } from '../../report/row.ts';
import type { Answered, AskedFacts, Unfiled } from '../../shared/ledger-rows.ts';
import { entry } from '../../shared/names.ts';
import { pack } from '../../shared/packed.ts';
import { plainLabel } from '../../shared/plain-text.ts';
import type { Round } from './round.ts';

/** A DynamoDB row holds 400 KB; what is larger cannot be kept whole. */
const MAX_ROW_BYTES = 350_000;

/** The ledger's row for one answer, and the report row when it can be stored. */
export function answeredRow(
  { plan, round, at }: Pick<Round, 'plan' | 'round' | 'at'>,
  batchId: string,
  ordinal: number,
  asked: AskedFacts,
  { line, outcome }: { line: Pick<ReadLine, 'text' | 'mark'>; outcome: Outcome },
): { answered: Answered; report: ReportRow | undefined } {
  const bill = billed(plan.model, outcome.tokens, at);
  const report =
    outcome.kind === 'stored' ? storedRow(plan, asked, batchId, outcome.report, bill.cost_micro_usd) : undefined;
  const tooLarge = report !== undefined && !fitsRow(report);
  const verdict = tooLarge
    ? ({ kind: 'ask_again', reason: 'too_large' } as const)
    : { kind: outcome.kind, ...(outcome.kind === 'stored' ? {} : { reason: outcome.reason }) };
  const { stop_reason, message_id } = outcome;
  const answered: Answered = {
    job_id: plan.job_id,
    entry: entry.answered(round, ordinal),
    section: asked.section,
    ...verdict,
    batch_id: batchId,
    ...bill,
    ...(stop_reason ? { stop_reason } : {}),
    ...(message_id ? { message_id } : {}),
    line_mark: line.mark,
    raw: packRaw(line.text),
    expires_at_epoch: plan.expires_at_epoch,
  };
  return { answered, report: tooLarge ? undefined : report };
}

function billed(model: string, tokens: Outcome['tokens'], at: Date): Pick<Answered, 'tokens' | 'cost_micro_usd'> {
  if (!tokens) return {};
  const cost_micro_usd = priceOf(model, tokens, at);
  return { tokens, ...(cost_micro_usd === undefined ? {} : { cost_micro_usd }) };
}

/** Whether a report is small enough to be stored. */
export const fitsRow = ({ report_data }: Pick<ReportRow, 'report_data'>): boolean =>
  Buffer.byteLength(report_data) <= MAX_ROW_BYTES;

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
export function replacedRow(answered: Answered, round: number, mark: string, customId: string): Unfiled {
  const { job_id, batch_id, tokens, cost_micro_usd, raw, expires_at_epoch } = answered;
  return {
    job_id,
    entry: entry.unfiled(round, mark),
    why: 'duplicate',
    custom_id: plainLabel(customId),
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
