import { parseResultLine } from '../batch/result-lines.ts';
import { readResult } from '../report/answer.ts';
import type { Report } from '../report/shape.ts';
import type { Answered, AnswerRef, Section } from '../shared/ledger-rows.ts';
import { unpack } from '../shared/packed.ts';
import type { Ledger } from '../stores/ledger.ts';

/** Names an answer. */
export const answerName = ({ job_id, entry: range }: Pick<AnswerRef, 'job_id' | 'entry'>): string =>
  `${job_id} ${range}`;

/** The report in a line of results as the ledger keeps it, whether its clauses are proven or not; undefined when there is none. */
export function reportIn({ raw }: Pick<Answered, 'raw'>, tids: ReadonlySet<number>): Report | undefined {
  const line = raw && parseResultLine(unpack(raw));
  const outcome = line && readResult(line.result, { tids, evidence: undefined });
  return outcome?.kind === 'stored' ? outcome.report : undefined;
}

/** What an answer says, and which batch brought it. */
export type TextOf = (answer: AnswerRef, section: Section) => { report: Report; batch_id: string } | undefined;

/** Reads answers from the ledger. @returns each answer's row; undefined for one that is gone */
export async function readAnswers(
  ledger: Pick<Ledger, 'answersAt'>,
  answers: readonly AnswerRef[],
): Promise<(answer: AnswerRef) => Answered | undefined> {
  const rows = new Map((await ledger.answersAt(answers)).map((row) => [answerName(row), row]));
  return (answer) => rows.get(answerName(answer));
}

/** Reads the texts of answers from the ledger. @returns undefined for one that is gone */
export async function readTexts(ledger: Pick<Ledger, 'answersAt'>, answers: readonly AnswerRef[]): Promise<TextOf> {
  const rowOf = await readAnswers(ledger, answers);
  return (answer, { shown }) => {
    const row = rowOf(answer);
    const report = row && reportIn(row, new Set(shown));
    return report && { report, batch_id: row.batch_id ?? '' };
  };
}
