import type { FailedClause, Reading, Unproven } from '../../shared/ledger-rows.ts';
import { jsonOrUndefined } from '../../shared/parse.ts';
import { readBatchResult } from '../answer.ts';
import { readBackSchema } from '../shape.ts';
import { FAILURES, sentencesOf } from './check.ts';
import { type Claim, claimCode } from './claim.ts';
import { readsAlike } from './messages.ts';

/** Which clauses of a section were read otherwise than they claim. */
export interface ReadBack {
  failed_clauses: FailedClause[];
  unproven: Unproven;
}

/**
 * Decides what becomes of one result of a batch that reads the claims of a section back.
 * @param result the `result` of a JSON line, not yet parsed
 * @returns `stored` for an answer with a claim for every clause, whether they are those of the clauses or not
 */
export const readReading = (result: unknown, reading: Reading) =>
  readBatchResult(result, (text) => {
    const read = readBackSchema.safeParse(jsonOrUndefined(text)).data?.claims;
    return read?.length === reading.clauses.length
      ? { value: compared(reading, read) }
      : { reason: 'wrong_shape' as const };
  });

function compared({ clauses, sentences }: Reading, read: readonly (Claim | undefined)[]): ReadBack {
  const failed_clauses = clauses.flatMap(({ code, ...place }, at): FailedClause[] => {
    const other = read[at];
    if (readsAlike(code, other)) return [];
    const found = other ? claimCode(other) : 'no claim';
    return [{ ...place, failure: 'read_back', why: `${code}: ${FAILURES.read_back} (${found})` }];
  });
  return { failed_clauses, unproven: { sentences, lost: sentencesOf(failed_clauses) } };
}
