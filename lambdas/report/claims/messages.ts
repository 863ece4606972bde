import type { FailedClause } from '../../shared/ledger-rows.ts';
import { asData } from '../prompt.ts';
import type { Message } from '../request.ts';
import type { Clause, Report } from '../shape.ts';
import { type Claim, claimCode, claimKey, readClaim } from './claim.ts';
import type { ClaimGroup } from './evidence.ts';

/** Failures that a message lists at most: a model that fails more often has to read its instructions again in any case. */
const MAX_LISTED = 100;

/**
 * What follows the first prompt when a section is asked for again: the model's own answer, and what fails in it. The prompt comes first
 * as it was, so that the cache can serve the fixed part.
 * @param failed with the words that do not fit, where there are some
 */
export function againMessages(report: Report, failed: readonly (FailedClause & { words?: string[] })[]): Message[] {
  const lines = failed.slice(0, MAX_LISTED).map((clause) => failureLine(report, clause));
  const more = failed.length > MAX_LISTED ? [`- and ${failed.length - MAX_LISTED} more`] : [];
  return [
    { role: 'assistant', content: JSON.stringify(asAnswer(report)) },
    {
      role: 'user',
      content: [
        'A program checked your answer against the votes. These clauses fail:',
        [...lines, ...more].join('\n'),
        'Write the whole section again, as one JSON object in the same shape. Keep every clause that is not listed as it is. Replace each listed clause by one whose claim the table shows and whose words say exactly that claim, or leave its sentence out.',
      ].join('\n\n'),
    },
  ];
}

function failureLine(
  report: Report,
  { paragraph, sentence, clause, why, words = [] }: FailedClause & { words?: string[] },
) {
  const text = report.paragraphs[paragraph]?.sentences[sentence]?.clauses[clause]?.text ?? '';
  const place = `paragraph ${paragraph + 1}, sentence ${sentence + 1}, clause ${clause + 1}`;
  const named = words.length > 0 ? ` (${words.map((word) => `"${asData(word)}"`).join(', ')})` : '';
  return `- ${place}, "${asData(text)}": ${why}${named}`;
}

/** A report as the model writes it: with a code for each claim. */
const asAnswer = ({ id, title, paragraphs }: Report) => ({
  id,
  title,
  paragraphs: paragraphs.map((about) => ({
    ...about,
    sentences: about.sentences.map(({ clauses }) => ({ clauses: clauses.map(withCode) })),
  })),
});

const withCode = ({ text, citations, claim }: Clause) => ({ text, citations, claim: claim ? claimCode(claim) : '' });

/** Asks what the clauses of a section claim, from their words and the names of the groups alone. */
export function readBackMessage(clauses: readonly Pick<Clause, 'text'>[], groups: readonly ClaimGroup[]): Message {
  const names = groups.map(({ letter, label }) => `${letter} = ${asData(label)}`);
  const lines = clauses.map(({ text }, at) => `${at + 1}. ${asData(text)}`);
  return {
    role: 'user',
    content: [
      `Read back\nWhat does each of these ${clauses.length} clauses claim?`,
      `Opinion groups:\n${names.join('\n')}`,
      lines.join('\n'),
    ].join('\n\n'),
  };
}

/** Whether a reading says the same as the claim of its clause: kind, stance and groups, in whatever order. */
export function readsAlike(code: string, read: Claim | undefined): boolean {
  const claim = readClaim(code);
  return claim !== undefined && read !== undefined && claimKey(claim) === claimKey(read);
}
