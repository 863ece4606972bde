import { type BatchRequest, batchRequest } from '../report/prompt.ts';
import type { Asked, Plan } from '../shared/ledger-rows.ts';
import { unpack } from '../shared/packed.ts';

/** The API takes 100,000 requests or 256 MB in a batch, whichever comes first; a little room is left for the envelope. */
const MAX_REQUESTS = 100_000;
const MAX_BYTES = 255 * 1024 * 1024;
/** What a request holds beyond its prompt: system prompt, schema and names, generously. */
const REQUEST_OVERHEAD = 12_000;
/** A character becomes at most this many bytes of JSON. */
const BYTES_PER_CHARACTER = 6;

/**
 * Numbers the batches of one round: rows keep their order, and no part is over `maxBatchSize`, 100,000 requests or 256 MB.
 * @returns the same rows with `part` filled in, from 0
 */
export function splitIntoParts(rows: readonly Asked[], maxBatchSize: number, mostBytes = MAX_BYTES): Asked[] {
  const mostRequests = Math.min(maxBatchSize, MAX_REQUESTS);
  let part = 0;
  let requests = 0;
  let bytes = 0;
  return rows.map((row) => {
    const size = unpack(row.prompt).length * BYTES_PER_CHARACTER + REQUEST_OVERHEAD;
    if (requests > 0 && (requests === mostRequests || bytes + size > mostBytes)) {
      part += 1;
      requests = 0;
      bytes = 0;
    }
    requests += 1;
    bytes += size;
    return { ...row, part };
  });
}

/** The request of an asked row, from the prompt in the ledger. */
export function requestOf(plan: Plan, row: Asked): BatchRequest {
  return batchRequest({
    customId: row.custom_id,
    model: plan.model,
    maxTokens: row.max_tokens,
    prompt: unpack(row.prompt),
    ...(plan.system ? { system: unpack(plan.system) } : {}),
  });
}
