import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startStandIn } from '../../../stand-in/server.ts';

/**
 * The stand-in of the Anthropic API in a process of its own; argument: the key it lets in. Its first line of output
 * says where it listens and, beside it, where tests see what it was asked (GET) and say how long the batches to come
 * take (PUT, seconds).
 */
const processing = { secondsPerBatch: 0 };
const standIn = await startStandIn({ apiKey: process.argv[2] ?? '', processing });

const control = createServer(async (request, response) => {
  if (request.method === 'PUT') {
    let seconds = '';
    for await (const chunk of request) seconds += chunk;
    processing.secondsPerBatch = Number(seconds);
  }
  const batches = standIn.batches().map(({ id, requests }) => ({ id, requests: requests.length }));
  response.end(JSON.stringify({ pid: process.pid, calls: standIn.calls, batches }));
});
control.listen(0, '127.0.0.1', () => {
  const { port } = control.address() as AddressInfo;
  console.log(JSON.stringify({ url: standIn.url, control: `http://127.0.0.1:${port}` }));
});
