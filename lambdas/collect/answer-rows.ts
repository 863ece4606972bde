import { readResult } from '../domain/answer.ts';
import { costUsd } from '../domain/cost.ts';
import { entry, textMark } from '../domain/keys.ts';
import type { Answered, AskedFacts, Unfiled } from '../domain/ledger-entries.ts';
import type { Outcome } from '../domain/outcome.ts';
import { pack } from '../domain/packed.ts';
import { type ReportRow, storedRow } from '../domain/report-row.ts';
import type { ResultLine } from '../domain/result-line.ts';
import type { Round } from './round.ts';

/** A DynamoDB row holds 400 KB; what is larger cannot be kept whole. */
const LARGEST_BYTES = 350_000;

/** The ledger's row for one answer, and the report row when it can be stored. */
export function answeredRow(
  { plan, round }: Pick<Round, 'plan' | 'round'>,
  batchId: string,
  ordinal: number,
  asked: AskedFacts,
  { line, outcome }: { line: Pick<ResultLine, 'text'>; outcome: Outcome },
): { answered: Answered; report: ReportRow | undefined } {
  const report = outcome.kind === 'stored' ? storedRow(plan, asked, batchId, outcome.report) : undefined;
  const tooLarge = report !== undefined && Buffer.byteLength(report.report_data) > LARGEST_BYTES;
  const verdict = tooLarge
    ? ({ kind: 'ask_again', reason: 'too_large' } as const)
    : { kind: outcome.kind, ...(outcome.kind === 'stored' ? {} : { reason: outcome.reason }) };
  const { tokens, stop_reason, message_id } = outcome;
  const answered: Answered = {
    job_id: plan.job_id,
    entry: entry.answered(round, ordinal),
    section: asked.section,
    ...verdict,
    batch_id: batchId,
    ...billed(plan.model, tokens),
    ...(stop_reason ? { stop_reason } : {}),
    ...(message_id ? { message_id } : {}),
    raw: packRaw(line.text),
    expires_at_epoch: plan.expires_at_epoch,
  };
  return { answered, report: tooLarge ? undefined : report };
}

function billed(model: string, tokens: Outcome['tokens']): Pick<Answered, 'tokens' | 'cost_usd'> {
  if (!tokens) return {};
  const cost_usd = costUsd(model, tokens);
  return { tokens, ...(cost_usd === undefined ? {} : { cost_usd }) };
}

/** The ledger's row for a line that names no section of this job. @param text undefined for one too long to read */
export function unfiledRow(
  { plan, round }: Round,
  batchId: string,
  line: ResultLine | undefined,
  text: string | undefined,
): Unfiled {
  const outcome = line && readResult(line.result, () => true);
  return {
    job_id: plan.job_id,
    entry: entry.unfiled(round, textMark(text ?? 'too long')),
    why: line === undefined ? 'bad_line' : line.custom_id === undefined ? 'no_custom_id' : 'unknown_custom_id',
    ...(line?.custom_id ? { custom_id: line.custom_id.slice(0, 200) } : {}),
    batch_id: batchId,
    ...billed(plan.model, outcome?.tokens),
    raw: packRaw(text ?? ''),
    expires_at_epoch: plan.expires_at_epoch,
  };
}

/** The line as it came; where even packed it is too large for a row, its beginning. */
function packRaw(text: string): Uint8Array<ArrayBuffer> {
  const packed = pack(text);
  return packed.length <= LARGEST_BYTES ? packed : pack(text.slice(0, LARGEST_BYTES / 2));
}
