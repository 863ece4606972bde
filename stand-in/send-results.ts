import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

/**
 * Streams result bytes at the reader's pace, so that nothing piles up here; with `cutAt`, sends that many bytes and drops
 * the connection. Ends early when the reader goes away.
 */
export async function sendResults(
  response: ServerResponse,
  chunks: AsyncIterable<Buffer>,
  requestId: string,
  cutAt?: number,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/binary', 'request-id': requestId });
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  let left = cutAt ?? Number.POSITIVE_INFINITY;
  for await (const chunk of chunks) {
    if (gone.signal.aborted) return;
    const part = chunk.subarray(0, Math.min(left, chunk.length));
    left -= part.length;
    if (part.length > 0 && !response.write(part)) await drained(response, gone.signal);
    if (left === 0) break;
  }
  if (cutAt === undefined) response.end();
  else await cut(response, gone.signal);
}

async function drained(response: ServerResponse, gone: AbortSignal): Promise<void> {
  await once(response, 'drain', { signal: gone }).catch(() => {}); // a reader that left is noticed by the next chunk
}

/** Lets what was written reach the reader before the connection breaks: FIN without the closing chunk. */
async function cut(response: ServerResponse, gone: AbortSignal): Promise<void> {
  response.flushHeaders();
  response.socket?.end();
  if (!gone.aborted) await once(response, 'close', { signal: gone }).catch(() => {});
}
