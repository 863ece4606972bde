import { APIConnectionError, APIError, BaseAnthropic } from '@anthropic-ai/sdk';
import { Batches as MessageBatches } from '@anthropic-ai/sdk/resources/messages/batches';
import { Models } from '@anthropic-ai/sdk/resources/models';
import * as z from 'zod';
import type { BatchRequest } from '../report/request.ts';
import { apiWords, isApiBody } from '../shared/api-words.ts';
import {
  AnthropicRefused,
  AnthropicUnavailable,
  BatchNotFound,
  isFault,
  KeyRefused,
  NarrativesError,
} from '../shared/errors.ts';
import { parseOr } from '../shared/parse.ts';
import { plainLabel } from '../shared/plain-text.ts';

export interface BatchStatus {
  id: string;
  processing_status: 'in_progress' | 'canceling' | 'ended';
  counts: { processing: number; succeeded: number; errored: number; canceled: number; expired: number };
  created_at: string;
  expires_at: string;
  /** absent until it has ended */
  ended_at?: string;
}

/** What became of a call that sends a batch. */
export type SendAnswer =
  | { kind: 'sent'; batch: BatchStatus }
  /** no answer that proves anything: the batch may or may not exist */
  | { kind: 'unclear'; why: string }
  /** not taken now (429): it should not exist */
  | { kind: 'later'; why: string; retryAfterSeconds: number | undefined };

/**
 * The Anthropic API. What is permanent is AnthropicRefused or one of its kinds: KeyRefused, BatchNotFound. All else that the
 * network or the API answers may pass: AnthropicUnavailable.
 */
export interface Batches {
  knowsModel(model: string): Promise<boolean>;
  /** One call, never repeated by the client. */
  send(requests: BatchRequest[]): Promise<SendAnswer>;
  /** A batch that is not found is AnthropicUnavailable with a `refusal`, as is a refusal by a gateway; also of `results`. */
  status(batchId: string): Promise<BatchStatus>;
  /**
   * Asks that a batch ends early: what is finished by then is billed and kept, the rest is canceled. May be repeated.
   * @returns 'ended' when there is nothing left to cancel
   */
  cancel(batchId: string): Promise<'cancelling' | 'ended'>;
  /** Batches created since a moment, newest first. */
  createdSince(isoTime: string): Promise<BatchStatus[]>;
  /** Bytes of the results, JSON Lines. */
  results(batchId: string): Promise<AsyncIterable<Uint8Array>>;
}

const READ_RETRIES = 2;
/** Shorter than submit's own time-out, so that a slow answer is met here. */
const SEND_MS = 4 * 60_000;
const READ_MS = 60_000;
const LIST_PAGE = 100;

const count = z.number().int().nonnegative();
/** A time that can be read: a wait is worked out from it. */
const moment = z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'must be a time');
const statusSchema = z
  .object({
    id: z.string().min(1),
    processing_status: z.enum(['in_progress', 'canceling', 'ended']),
    request_counts: z.object({ processing: count, succeeded: count, errored: count, canceled: count, expired: count }),
    created_at: moment,
    expires_at: moment,
    ended_at: moment.nullish(),
  })
  .transform(
    ({ request_counts: counts, ended_at, ...rest }): BatchStatus => ({
      ...rest,
      counts,
      ...(ended_at ? { ended_at } : {}),
    }),
  );

const pageSchema = z.object({ data: z.array(z.unknown()), has_more: z.boolean() });
const modelSchema = z.object({ id: z.string() });

/** An invalid answer (a gateway's page, for instance) proves nothing; the next one may be valid. */
const read = <T extends z.ZodType>(schema: T, value: unknown): z.output<T> =>
  parseOr(schema, value, (line) => new AnthropicUnavailable(`the Anthropic API's answer could not be read (${line})`));

/**
 * The Message Batches API, by the SDK. Look-ups are retried by the SDK (`retry-after` obeyed). Status and results are not:
 * their steps wait out trouble. Sending is not either: it must happen once.
 */
export function anthropicBatches(client: BaseAnthropic): Batches {
  // only these two resources: with all of them a bundle would carry 300 KB that no function uses
  const messageBatches = new MessageBatches(client);
  const models = new Models(client);
  const translated = (error: unknown, batchId?: string) => translatedFor(client, error, batchId);
  return {
    async knowsModel(model) {
      try {
        read(modelSchema, await models.retrieve(model, {}, { maxRetries: READ_RETRIES, timeout: READ_MS }));
        return true;
      } catch (error) {
        if (error instanceof APIError && error.status === 404 && isApiBody(error.error)) return false;
        throw translated(error);
      }
    },
    async send(requests) {
      try {
        // repeated blindly, a call that was answered too late would be paid for twice
        const batch = await messageBatches.create({ requests }, { maxRetries: 0, timeout: SEND_MS });
        return { kind: 'sent', batch: read(statusSchema, batch) };
      } catch (error) {
        return sendTrouble(error, translated(error));
      }
    },
    async status(batchId) {
      try {
        return read(statusSchema, await messageBatches.retrieve(batchId, {}, { maxRetries: 0, timeout: READ_MS }));
      } catch (error) {
        throw doubtful(error, translated(error, batchId));
      }
    },
    async cancel(batchId) {
      try {
        // its step waits out trouble; asked twice, the API cancels once
        read(statusSchema, await messageBatches.cancel(batchId, {}, { maxRetries: 0, timeout: READ_MS }));
        return 'cancelling';
      } catch (error) {
        const mayHaveEnded = error instanceof APIError && (error.status === 400 || error.status === 409);
        if (mayHaveEnded && (await this.status(batchId)).processing_status === 'ended') return 'ended';
        throw translated(error, batchId);
      }
    },
    async createdSince(isoTime) {
      const since = Date.parse(isoTime);
      const found: BatchStatus[] = [];
      try {
        // page by page and parsed: the SDK's pager takes a page that it cannot read for an empty list
        for (let after: string | undefined; ; after = found.at(-1)?.id) {
          const query = { limit: LIST_PAGE, ...(after ? { after_id: after } : {}) };
          const options = { query, maxRetries: READ_RETRIES, timeout: READ_MS };
          const page = read(pageSchema, await client.get('/v1/messages/batches', options));
          for (const value of page.data) {
            const batch = read(statusSchema, value);
            if (Date.parse(batch.created_at) < since) return found;
            found.push(batch);
          }
          if (!page.has_more || page.data.length === 0) return found;
        }
      } catch (error) {
        throw translated(error);
      }
    },
    async results(batchId) {
      try {
        const path = `/v1/messages/batches/${encodeURIComponent(batchId)}/results`;
        const response = await client
          .get(path, { maxRetries: 0, headers: { Accept: 'application/binary' }, stream: true })
          .asResponse();
        return bytesOf(response, batchId);
      } catch (error) {
        throw doubtful(error, translated(error, batchId));
      }
    },
  };
}

/** The body of a response; a broken connection becomes AnthropicUnavailable. */
async function* bytesOf(response: Response, batchId: string): AsyncGenerator<Uint8Array> {
  if (!response.body) return;
  try {
    for await (const chunk of response.body) yield chunk as Uint8Array;
  } catch (error) {
    throw new AnthropicUnavailable(`the results of batch ${batchId} broke off`, { cause: error });
  }
}

/** A refusal by the API proves that nothing was created; everything else proves nothing. */
function sendTrouble(error: unknown, trouble: unknown): Exclude<SendAnswer, { kind: 'sent' }> {
  // after an unreadable answer, the batch may exist
  if (!(trouble instanceof AnthropicUnavailable)) throw trouble;
  const { message: why, retryAfterSeconds } = trouble;
  return error instanceof APIError && error.status === 429
    ? { kind: 'later', why, retryAfterSeconds }
    : { kind: 'unclear', why };
}

/**
 * The statuses by which a request is refused for good, and what to do about each. Every other status may pass. The API's messages
 * are shown, and not matched on.
 */
const ADVICE = new Map([
  [
    400,
    'in the Anthropic console, check billing (is there credit left?) and the limits of the account and workspace; ' +
      'if both are fine, the API does not accept the request: please report it as a bug of this project',
  ],
  [401, 'the API key is wrong: check the key in Secrets Manager or ANTHROPIC_API_KEY'],
  [402, 'the account cannot pay: check billing in the Anthropic console'],
  [
    403,
    "check the API key's workspace and permissions, and the limits of the account in the Anthropic console, and that its region is served",
  ],
  [404, 'nothing is found at this address: check ANTHROPIC_BASE_URL and the key’s workspace'],
  [405, 'check ANTHROPIC_BASE_URL'],
  [413, 'the batch is too large: lower max_batch_size'],
  [414, 'check ANTHROPIC_BASE_URL'],
  [415, 'please report it as a bug of this project'],
  [422, 'please report it as a bug of this project'],
]);

/** What to do when a rate limit or another trouble does not pass. */
const PATIENCE = new Map([
  [429, ': a rate limit passes; a spend limit has to be raised in the Anthropic console'],
  [529, ': it is overloaded'],
]);

/** An error of the SDK as one of ours; it holds status, request id and the API's own words, never the request. */
function translatedFor(client: BaseAnthropic, error: unknown, batchId?: string): unknown {
  if (error instanceof NarrativesError || isFault(error)) return error;
  if (error instanceof APIConnectionError)
    return new AnthropicUnavailable('the Anthropic API could not be reached', { cause: error });
  // a body that was cut off, or is not JSON; its text may quote the answer, so only the name is shown
  if (!(error instanceof APIError))
    return new AnthropicUnavailable(`the Anthropic API's answer broke off (${(error as Error).name})`, {
      cause: error,
    });
  const { status, requestID } = error;
  const options = { cause: error };
  const { said } = apiWords(error.error, client.apiKey) ?? {};
  const where = `HTTP ${status ?? 'without status'}, request ${plainLabel(requestID ?? 'unknown')}${said ? `, ${said}` : ''}`;
  const advice = ADVICE.get(status ?? 0);
  if (advice === undefined) {
    const retryAfterSeconds = retryAfter(error.headers?.get('retry-after'));
    const why = `the Anthropic API is not available now (${where})${PATIENCE.get(status ?? 0) ?? ''}`;
    return new AnthropicUnavailable(why, { ...options, retryAfterSeconds });
  }
  const refused = (message: string) =>
    status === 401 ? new KeyRefused(message, options) : new AnthropicRefused(message, options);
  if (!isApiBody(error.error)) {
    const gateway = `${client.baseURL} refuses (${where}), and its answer is not one of the Anthropic API`;
    return refused(`${gateway}: check that ANTHROPIC_BASE_URL (anthropicBaseUrl) is right and what answers there`);
  }
  if (status === 404 && batchId) return notFound(batchId, where, options);
  return refused(`the Anthropic API refuses (${where}): ${advice}`);
}

const notFound = (batchId: string, where: string, options: ErrorOptions): BatchNotFound =>
  new BatchNotFound(
    `the Anthropic API does not find batch ${batchId} (${where}): look it up in the Anthropic console, in the workspace of the key. ` +
      'If it is there, run `narratives redrive JOB_ID`: it is collected, and not paid for again. If the key belongs to another ' +
      'workspace, put the right one into the secret, then redrive. Only if the batch was deleted, submit a new job, which pays again',
    options,
  );

/**
 * What a refusal is while a batch is known to exist: the API answers 404 for a live batch now and then, and a gateway's refusal
 * says nothing of the batch. Whoever waits for the batch decides when it counts.
 */
function doubtful(error: unknown, trouble: unknown): unknown {
  if (!(trouble instanceof AnthropicRefused)) return trouble;
  const byGateway = !(trouble instanceof KeyRefused) && error instanceof APIError && !isApiBody(error.error);
  if (!(trouble instanceof BatchNotFound) && !byGateway) return trouble;
  return new AnthropicUnavailable(trouble.message, { cause: error, refusal: trouble });
}

/** `retry-after` in seconds; it may also be a date. */
function retryAfter(header: string | null | undefined): number | undefined {
  if (!header) return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - Date.now()) / 1000);
}

/**
 * The SDK's client without its resources (messages, files and so on): authentication, time-outs and errors are all the SDK's.
 * @param baseURL undefined: Anthropic's own address, whatever the environment says
 */
export const anthropicClient = (options: { apiKey: string; baseURL: string | undefined }): BaseAnthropic =>
  new BaseAnthropic({ apiKey: options.apiKey, baseURL: options.baseURL ?? null });
