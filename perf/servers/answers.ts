import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerLines } from '../data/answer-lines.ts';

/**
 * Serves the results of batches, made line by line as they are read. A batch's id tells the job and how many answers it
 * has: `msgbatch_{job id}_{count}`.
 */
const CHUNK_CHARACTERS = 64 * 1024;

const server = createServer((request, response) => {
  const found = /^\/v1\/messages\/batches\/msgbatch_(.+)_(\d+)\/results$/.exec(request.url ?? '');
  if (!found) response.writeHead(404).end();
  else void send(response, found[1] as string, Number(found[2]));
});

async function send(response: ServerResponse, jobId: string, count: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-jsonl' });
  let chunk = '';
  for (const line of answerLines(jobId, count)) {
    chunk += `${line}\n`;
    if (chunk.length < CHUNK_CHARACTERS) continue;
    if (!response.write(chunk)) await once(response, 'drain');
    chunk = '';
  }
  response.end(chunk);
}

server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
