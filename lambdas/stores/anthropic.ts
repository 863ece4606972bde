import { APIConnectionError, APIError, BaseAnthropic, NotFoundError } from '@anthropic-ai/sdk';
import { Batches as MessageBatches } from '@anthropic-ai/sdk/resources/messages/batches';
import { Models } from '@anthropic-ai/sdk/resources/models';
import * as z from 'zod';
import type { BatchRequest } from '../report/prompt.ts';
import { AnthropicRefused, AnthropicUnavailable, BatchNotFound, NarrativesError } from '../shared/errors.ts';
import { parseOr } from '../shared/parse.ts';

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

/** The Anthropic API. Refusals are AnthropicRefused or BatchNotFound. */
export interface Batches {
  knowsModel(model: string): Promise<boolean>;
  /** One call, never repeated by the client. */
  send(requests: BatchRequest[]): Promise<SendAnswer>;
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
  return {
    async knowsModel(model) {
      try {
        read(modelSchema, await models.retrieve(model, {}, { maxRetries: READ_RETRIES, timeout: READ_MS }));
        return true;
      } catch (error) {
        if (error instanceof NotFoundError) return false;
        throw translated(error);
      }
    },
    async send(requests) {
      try {
        // repeated blindly, a call that was answered too late would be paid for twice
        const batch = await messageBatches.create({ requests }, { maxRetries: 0, timeout: SEND_MS });
        return { kind: 'sent', batch: read(statusSchema, batch) };
      } catch (error) {
        return sendTrouble(error);
      }
    },
    async status(batchId) {
      try {
        return read(statusSchema, await messageBatches.retrieve(batchId, {}, { maxRetries: 0, timeout: READ_MS }));
      } catch (error) {
        throw translated(error, batchId);
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
        throw translated(error, batchId);
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

/** 4xx prove that nothing was created; everything else proves nothing. */
function sendTrouble(
  error: unknown,
): { kind: 'unclear'; why: string } | { kind: 'later'; why: string; retryAfterSeconds: number | undefined } {
  const trouble = translated(error);
  // after an unreadable answer, the batch may exist
  if (!(trouble instanceof AnthropicUnavailable)) throw trouble;
  const { message: why, retryAfterSeconds } = trouble;
  return error instanceof APIError && error.status === 429
    ? { kind: 'later', why, retryAfterSeconds }
    : { kind: 'unclear', why };
}

/** What to do about a refusal, by status; messages of the API are not matched on. */
const ADVICE: Record<number, string> = {
  400: 'the API does not accept the form of the request: this is a bug in this project, please report it',
  401: 'the API key is wrong: check the key in Secrets Manager or ANTHROPIC_API_KEY',
  402: 'the account cannot pay: check billing in the Anthropic console',
  403: 'the API key may not do this: check its workspace and permissions',
  413: 'the batch is too large: lower max_batch_size',
};

/** An error of the SDK as one of ours; it holds the status and request id, never the request. */
function translated(error: unknown, batchId?: string): unknown {
  if (error instanceof APIConnectionError)
    return new AnthropicUnavailable('the Anthropic API could not be reached', { cause: error });
  if (error instanceof NarrativesError) return error;
  // a body that was cut off, or is not JSON; its text may quote the answer, so only the name is shown
  if (!(error instanceof APIError))
    return new AnthropicUnavailable(`the Anthropic API's answer broke off (${(error as Error).name})`, {
      cause: error,
    });
  const { status, requestID } = error;
  const where = `HTTP ${status ?? 'without status'}, request ${requestID ?? 'unknown'}`;
  if (status === 404 && batchId) {
    return new BatchNotFound(
      `batch ${batchId} is not known to the Anthropic API (${where}): if the key belongs to another workspace, use the right one and redrive the job; if the batch was deleted, submit a new job`,
      { cause: error },
    );
  }
  if (status === undefined || status === 408 || status === 409 || status === 429 || status >= 500) {
    const retryAfterSeconds = retryAfter(error.headers?.get('retry-after'));
    return new AnthropicUnavailable(`the Anthropic API is not available now (${where})`, {
      cause: error,
      retryAfterSeconds,
    });
  }
  return new AnthropicRefused(
    `the Anthropic API refuses (${where}): ${ADVICE[status] ?? 'see the API documentation for this status'}`,
    { cause: error },
  );
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
