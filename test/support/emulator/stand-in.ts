import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { startStandIn } from '../../../stand-in/server.ts';

/**
 * The stand-in of the Anthropic API in a process of its own; argument: the key it lets in. Its first line of output
 * says where it listens and, beside it, where tests see what it was asked (GET) and say how long the batches to come
 * take (PUT, seconds; 0 also ends those that are under way).
 */
const processing = { secondsPerBatch: 0, finishedShare: 0 };
const apiKey = process.argv[2] ?? '';
const standIn = await startStandIn({ apiKey, processing });

/** Ends what is under way: a batch that is cancelled when all of it is finished is like any other. */
async function endAll(): Promise<void> {
  const headers = { 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' };
  processing.finishedShare = 1;
  for (const { id, processing_status } of standIn.batches())
    if (processing_status === 'in_progress')
      await fetch(`${standIn.url}/v1/messages/batches/${id}/cancel`, { method: 'POST', headers });
  standIn.batches();
  processing.finishedShare = 0;
}

const control = createServer(async (request, response) => {
  if (request.method === 'PUT') {
    processing.secondsPerBatch = Number(await text(request));
    if (processing.secondsPerBatch === 0) await endAll();
  }
  const batches = standIn.batches().map(({ id, requests }) => ({ id, requests: requests.length }));
  response.end(JSON.stringify({ pid: process.pid, calls: standIn.calls, batches }));
});
control.listen(0, '127.0.0.1', () => {
  const { port } = control.address() as AddressInfo;
  console.log(JSON.stringify({ url: standIn.url, control: `http://127.0.0.1:${port}` }));
});
