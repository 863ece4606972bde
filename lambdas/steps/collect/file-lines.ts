import type { ReadLine } from '../../batch/result-lines.ts';
import { readResult } from '../../report/answer.ts';
import type { ReportRow } from '../../report/row.ts';
import type { Answered, AskedFacts, Unfiled } from '../../shared/ledger-rows.ts';
import { entry, textMark } from '../../shared/names.ts';
import { unpack } from '../../shared/packed.ts';
import { answeredRow, replacedRow, unfiledRow } from './answer-rows.ts';
import type { CollectDeps, Round } from './round.ts';

/** A line, and the section of this round that its custom id names. */
export interface NamedLine extends ReadLine {
  ordinal: number | undefined;
}

/** Rows to be written for some lines. */
interface Rows {
  reports: ReportRow[];
  answers: Answered[];
  unfiled: Unfiled[];
  /** answers of the ledger that a better one replaces */
  replaced: Unfiled[];
}

/**
 * Files some lines: of each section the best answer is stored, and every other line is kept in the ledger under what is wrong with
 * it, so that none that was billed is lost. The same lines in any order, and again, leave the same rows.
 * @returns how many rows of the ledger it wrote
 */
export async function fileLines(
  deps: CollectDeps,
  round: Round,
  batchId: string,
  lines: readonly NamedLine[],
): Promise<number> {
  const rows: Rows = { reports: [], answers: [], unfiled: [], replaced: [] };
  const bySection = Map.groupBy(
    lines.filter((line) => isNew(round, line)),
    ({ ordinal }) => ordinal,
  );
  const facts = await round.sections.facts([...bySection.keys()].filter((ordinal) => ordinal !== undefined));
  for (const [ordinal, ofSection] of bySection) {
    const asked = ordinal === undefined ? undefined : facts.get(ordinal);
    if (ordinal === undefined || !asked)
      rows.unfiled.push(...ofSection.map((line) => unfiledRow(round, batchId, line, whyUnfiled(line))));
    else await fileSection(deps, round, batchId, ordinal, asked, ofSection, rows);
  }
  // the same line twice is one row, and one that was decided on earlier keeps what was decided
  const unfiled = rows.unfiled.filter((row) => !round.unfiled.has(row.entry) && round.unfiled.add(row.entry));
  // reports first: an answered row says that its section is stored; what is replaced is kept before it is gone
  await bothEnd(deps.reports.write(rows.reports), deps.ledger.putUnfiled(rows.replaced));
  await bothEnd(deps.ledger.putAnswers(rows.answers), deps.ledger.putUnfiled(unfiled));
  return rows.answers.length + unfiled.length;
}

/** Waits for both, also when one fails: the next attempt must not begin while something is still being written. */
async function bothEnd(...writes: Promise<void>[]): Promise<void> {
  await Promise.allSettled(writes);
  await Promise.all(writes);
}

/** Whether a line is not in the ledger yet. */
function isNew({ board, unfiled, round }: Round, { ordinal, mark }: NamedLine): boolean {
  const kept = unfiled.has(entry.unfiled(round, mark));
  if (ordinal === undefined) return !kept;
  return !board.holds(ordinal, mark) && !(kept && board.hasAnswer(ordinal));
}

const whyUnfiled = ({ bad, custom_id }: ReadLine): Unfiled['why'] =>
  bad ? 'bad_line' : custom_id === undefined ? 'no_custom_id' : 'unknown_custom_id';

/** Makes the rows for the new lines of one section. */
async function fileSection(
  { ledger }: CollectDeps,
  round: Round,
  batchId: string,
  ordinal: number,
  asked: AskedFacts,
  lines: readonly NamedLine[],
  rows: Rows,
): Promise<void> {
  const { board } = round;
  const shown = new Set(asked.shown);
  const hadAnswer = board.hasAnswer(ordinal);
  let best: { line: NamedLine; row: ReturnType<typeof answeredRow> } | undefined;
  for (const line of lines) {
    if (line.mark === best?.line.mark) continue;
    const outcome = readResult(line.result, (tid) => shown.has(tid));
    const row = answeredRow(round, batchId, ordinal, asked, { line, outcome });
    if (!board.answered(ordinal, row.answered.kind, line.mark)) {
      rows.unfiled.push(unfiledRow(round, batchId, line, 'duplicate'));
      continue;
    }
    if (best) rows.unfiled.push(unfiledRow(round, batchId, best.line, 'duplicate'));
    best = { line, row };
  }
  if (!best) return;
  const before = hadAnswer ? await ledger.answer(round.plan.job_id, round.round, ordinal) : undefined;
  if (before?.raw && before.line_mark !== best.line.mark) {
    const mark = before.line_mark ?? textMark(unpack(before.raw));
    round.unfiled.add(entry.unfiled(round.round, mark));
    rows.replaced.push(replacedRow(before, round.round, mark, best.line.custom_id ?? ''));
  }
  rows.answers.push(best.row.answered);
  if (best.row.report) rows.reports.push(best.row.report);
}
