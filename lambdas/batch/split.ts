import { type BatchRequest, batchRequest, type Message } from '../report/request.ts';
import { READ_BACK_SYSTEM_PROMPT, systemPrompt } from '../report/system-prompt.ts';
import type { AskedRow, Plan, Prompt, Request } from '../shared/ledger-rows.ts';
import { customId } from '../shared/names.ts';
import { unpack } from '../shared/packed.ts';

/** The API takes 256 MB in a batch; a little room is left for the envelope. A job has fewer requests than it takes. */
const MAX_BYTES = 255 * 1024 * 1024;
/** What a request holds beyond its prompt: system prompt, schema and names, generously. */
const REQUEST_OVERHEAD = 24_000;
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

/** What the requests of a round say, by ordinal. */
export interface RoundTexts {
  prompts: ReadonlyMap<number, Prompt>;
  /** of requests that say more than their prompt */
  asked: ReadonlyMap<number, AskedRow>;
}

/** A request as the API takes it, from what the ledger keeps of it. */
export function batchRequestOf(
  plan: Plan,
  round: number,
  { ordinal, max_tokens, asks }: Request,
  { prompts, asked }: RoundTexts,
): BatchRequest {
  const row = asked.get(ordinal);
  const messages = row ? (JSON.parse(unpack(row.messages)) as Message[]) : [];
  const about = { customId: customId(plan.job_id, round, ordinal), model: plan.model, maxTokens: max_tokens };
  const claims = plan.claims === true;
  // too short for a cache
  if (asks === 'read back')
    return batchRequest({ ...about, asks, system: READ_BACK_SYSTEM_PROMPT, messages, cached: false, claims });
  const prompt = prompts.get(ordinal) as Prompt;
  return batchRequest({
    ...about,
    system: plan.system ? unpack(plan.system) : systemPrompt(claims),
    messages: [{ role: 'user', content: unpack(prompt.prompt) }, ...messages],
    cached: plan.cached === true,
    claims,
  });
}
