import type { ReadLine } from '../../batch/result-lines.ts';
import { evidenceIn } from '../../job/evidence.ts';
import { readResult } from '../../report/answer.ts';
import { readReading } from '../../report/claims/read-back.ts';
import { type Answered, type AskedRow, type Prompt, readingSchema, type Section } from '../../shared/ledger-rows.ts';
import { unpack } from '../../shared/packed.ts';
import type { Ledger } from '../../stores/ledger.ts';
import { answeredRow } from './answer-rows.ts';
import type { Round } from './round.ts';

/** What the requests of some lines showed, by ordinal. */
export interface AskedBy {
  /** of sections whose claims are checked */
  prompts: ReadonlyMap<number, Prompt>;
  readings: ReadonlyMap<number, AskedRow>;
}

/** Reads what requests showed, of which the answers are about to be read. */
export async function readAskedBy(
  ledger: Pick<Ledger, 'prompts' | 'asked'>,
  { plan, round, reads }: Round,
  ordinals: readonly number[],
): Promise<AskedBy> {
  const [prompts, readings] = await Promise.all([
    ledger.prompts(plan.job_id, plan.claims ? ordinals.filter((ordinal) => !reads.has(ordinal)) : []),
    ledger.asked(
      plan.job_id,
      round,
      ordinals.filter((ordinal) => reads.has(ordinal)),
    ),
  ]);
  return { prompts, readings };
}

/** The ledger's row for the answer to one request: a section's text, or a reading of its claims. */
export function answerIn(
  round: Round,
  batchId: string,
  section: Section,
  line: Pick<ReadLine, 'text' | 'mark' | 'result'>,
  { prompts, readings }: AskedBy,
): Answered {
  const asked = readings.get(section.ordinal);
  if (asked?.reading) {
    const reading = readingSchema.parse(JSON.parse(unpack(asked.reading)));
    const { prompt_hash } = asked;
    const about = { reads: reading.of, ...(prompt_hash ? { prompt_hash } : {}) };
    const read = readReading(line.result, reading);
    // one that was paid for and cannot be used would most likely be so again
    const kind = read.kind === 'ask_again' && read.tokens ? 'failed' : read.kind;
    const found = read.kind === 'stored' ? { kind, ...read.value } : { kind, reason: read.reason };
    return answeredRow(round, batchId, section, line, read, { ...about, ...found });
  }
  const prompt = prompts.get(section.ordinal);
  const evidence = evidenceIn(round.plan, prompt ? [prompt] : []);
  const outcome = readResult(line.result, { tids: new Set(section.shown), evidence });
  return answeredRow(round, batchId, section, line, outcome, ofSection(outcome));
}

function ofSection(outcome: ReturnType<typeof readResult>) {
  const { kind } = outcome;
  if (kind === 'stored') return { kind, report: outcome.report };
  if (kind !== 'unproven') return { kind, reason: outcome.reason };
  const { report, reason, unproven, failed_clauses } = outcome;
  return { kind, report, reason, unproven, failed_clauses };
}
