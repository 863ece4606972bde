import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BatchRequest } from './batch-request.ts';
import { errorBody } from './errors.ts';
import type { ResultFault } from './faults.ts';
import { answerOf, answerUsage, messageOf } from './message.ts';
import { mulberry32, unorderedIndexes } from './random.ts';

/** What the lines of an ended batch are made from. */
export interface EndedBatch {
  id: string;
  requests: readonly BatchRequest[];
  /** What became of a request; undefined is a plain success. */
  outcome(index: number): ResultFault | undefined;
  /** Whether an earlier request of the batch has written this prefix to the cache. */
  cached(key: string, index: number): boolean;
}

/** Result lines (JSON Lines, UTF-8) in a seeded disorder, each made when it is asked for. */
export function* resultLines(batch: EndedBatch, seed: number): Generator<string> {
  const order = unorderedIndexes(batch.requests.length, mulberry32(seed));
  for (const index of order) {
    const request = batch.requests[index];
    if (request !== undefined) yield* linesOf(batch, request, index);
  }
}

function* linesOf(batch: EndedBatch, request: BatchRequest, index: number): Generator<string> {
  const outcome = batch.outcome(index);
  const line = (customId: string | null) =>
    `${JSON.stringify({ custom_id: customId, result: resultOf(batch, request, index, outcome) })}\n`;
  switch (outcome?.kind) {
    case 'missing':
      return;
    case 'duplicated':
      yield line(request.custom_id);
      yield line(request.custom_id);
      return;
    case 'malformed_line': {
      const whole = line(request.custom_id);
      yield `${whole.slice(0, Math.floor(whole.length / 2))}\n`;
      return;
    }
    case 'null_custom_id':
      yield line(null);
      return;
    case 'foreign_custom_id':
      yield line(outcome.customId ?? `${request.custom_id.slice(0, 56)}-foreign`);
      return;
    default:
      yield line(request.custom_id);
  }
}

function resultOf(batch: EndedBatch, request: BatchRequest, index: number, outcome: ResultFault | undefined) {
  switch (outcome?.kind) {
    case 'errored':
      return {
        type: 'errored',
        error: errorBody(outcome.type ?? 'api_error', outcome.message ?? 'Internal server error', null),
      };
    case 'canceled':
    case 'expired':
      return { type: outcome.kind };
    default: {
      const answer = answerOf(request, outcome);
      const usage = answerUsage(request, answer, (key) => batch.cached(key, index));
      return { type: 'succeeded', message: messageOf(batch.id, request, answer, usage) };
    }
  }
}

const SMALLEST_CHUNK = 61;
const LARGEST_CHUNK = 32_768;
const SEARCH_FOR_SPLIT = 512;

/**
 * Cuts lines into chunks of bytes that end inside lines and, where there is one near, inside a multi-byte character.
 * Chunks begin small, so that short results are cut as well, and grow.
 */
export async function* unevenChunks(lines: Iterable<string>, seed: number): AsyncGenerator<Buffer> {
  const random = mulberry32(seed);
  let size = SMALLEST_CHUNK;
  let parts: Buffer[] = [];
  let held = 0;
  for (const line of lines) {
    const bytes = Buffer.from(line);
    parts.push(bytes);
    held += bytes.length;
    if (held <= size + SEARCH_FOR_SPLIT) continue;
    let pending = Buffer.concat(parts, held);
    while (pending.length > size + SEARCH_FOR_SPLIT) {
      const cut = splitPoint(pending, size);
      yield pending.subarray(0, cut);
      pending = pending.subarray(cut);
      size = Math.min(LARGEST_CHUNK, Math.ceil(size * (1 + random())));
    }
    parts = [pending];
    held = pending.length;
    await nextTurn(); // a long stream must not keep other calls waiting
  }
  if (held > 0) yield Buffer.concat(parts, held);
}

/** The first place from `at` on that is inside a multi-byte character, or else inside a line. */
function splitPoint(bytes: Buffer, at: number): number {
  for (let i = at; i < at + SEARCH_FOR_SPLIT; i++) if (((bytes[i] ?? 0) & 0xc0) === 0x80) return i;
  return bytes[at - 1] === 0x0a ? at + 1 : at;
}
