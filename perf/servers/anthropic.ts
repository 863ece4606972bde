import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startStandIn } from '../../stand-in/server.ts';
import { answerLines } from '../data/answers.ts';
import { type Running, startServer } from './process.ts';

/**
 * Starts a server of the Anthropic API in a process of its own.
 * @param kind 'stand-in': the project's stand-in, which lets the key 'bench' in; 'answers': serves the results of any batch
 */
export const startAnthropic = (kind: 'stand-in' | 'answers'): Promise<Running> =>
  startServer(new URL(import.meta.url), kind);

if (import.meta.main) {
  if (process.argv[2] === 'answers') serveAnswers();
  else console.log((await startStandIn({ apiKey: 'bench' })).url);
}

/**
 * Serves the results of batches, which are generated line by line as they are read. A batch's id says the job and how many
 * answers it has: `msgbatch_{job id}_{count}`.
 */
function serveAnswers(): void {
  const server = createServer((request, response) => {
    const found = /^\/v1\/messages\/batches\/msgbatch_(.+)_(\d+)\/results$/.exec(request.url ?? '');
    if (!found) response.writeHead(404).end();
    else void sendAnswers(response, found[1] as string, Number(found[2]));
  });
  server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
}

async function sendAnswers(response: ServerResponse, jobId: string, count: number): Promise<void> {
  const chunkCharacters = 64 * 1024;
  response.writeHead(200, { 'content-type': 'application/x-jsonl' });
  let chunk = '';
  for (const line of answerLines(jobId, count)) {
    chunk += `${line}\n`;
    if (chunk.length < chunkCharacters) continue;
    if (!response.write(chunk)) await once(response, 'drain');
    chunk = '';
  }
  response.end(chunk);
}
