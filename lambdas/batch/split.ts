import { type BatchRequest, batchRequest } from '../report/prompt.ts';
import type { Plan, Prompt, Request } from '../shared/ledger-rows.ts';
import { customId } from '../shared/names.ts';
import { unpack } from '../shared/packed.ts';

/** The API takes 256 MB in a batch; a little room is left for the envelope. A job has fewer requests than it takes. */
const MAX_BYTES = 255 * 1024 * 1024;
/** What a request holds beyond its prompt: system prompt, schema and names, generously. */
const REQUEST_OVERHEAD = 12_000;
/** A character becomes at most this many bytes of JSON. */
const BYTES_PER_CHARACTER = 6;

/**
 * Numbers the batches of one round: requests keep their order, and no part is over `maxBatchSize` or 256 MB.
 * @param requests each with the length of its prompt
 * @returns the same requests with `part` filled in, from 0
 */
export function splitIntoParts(
  requests: readonly (Omit<Request, 'part'> & { characters: number })[],
  maxBatchSize: number,
  mostBytes = MAX_BYTES,
): Request[] {
  let part = 0;
  let count = 0;
  let bytes = 0;
  return requests.map(({ characters, ...request }) => {
    const size = characters * BYTES_PER_CHARACTER + REQUEST_OVERHEAD;
    if (count > 0 && (count === maxBatchSize || bytes + size > mostBytes)) {
      part += 1;
      count = 0;
      bytes = 0;
    }
    count += 1;
    bytes += size;
    return { ...request, part };
  });
}

/** A request as the API takes it, from the prompt in the ledger. */
export function batchRequestOf(
  plan: Plan,
  round: number,
  { ordinal, max_tokens }: Request,
  prompt: Prompt,
): BatchRequest {
  return batchRequest({
    customId: customId(plan.job_id, round, ordinal),
    model: plan.model,
    maxTokens: max_tokens,
    prompt: unpack(prompt.prompt),
    ...(plan.system ? { system: unpack(plan.system) } : {}),
  });
}
