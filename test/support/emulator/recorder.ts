import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { askedBy, distinct, type FunctionCall } from '../permissions/calls.ts';

/** How the SDK names our function in each of its requests: AWS_SDK_UA_APP_ID, behind which Powertools puts its own name. */
const OUR_FUNCTION = /\bapp\/narratives-([a-z]+(?:-[a-z]+)*)/;
const CALLS = '/recorded-calls';

export interface Recorder {
  /** What the functions take for AWS. */
  url: string;
  /** Answers with each different call so far. */
  calls: string;
  stop(): Promise<void>;
}

/** Stands between the functions and the emulator, passes everything on, and notes what each function asks of AWS. */
export async function startRecorder(emulator: string): Promise<Recorder> {
  const calls: FunctionCall[] = [];
  const server = createServer(async (incoming, answer) => {
    if (incoming.url === CALLS) return void answer.end(JSON.stringify(distinct(calls)));
    const body = await buffer(incoming);
    calls.push(...callsOf(incoming, body));
    const { method, url = '/', headers } = incoming;
    const passedOn = request(new URL(url, emulator), { method, headers }, (given) => {
      answer.writeHead(given.statusCode ?? 502, given.headers);
      given.pipe(answer);
    });
    passedOn.on('error', () => answer.destroy());
    passedOn.end(body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    calls: `${url}${CALLS}`,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** What a request of one of our functions asks; none for other requests. */
function callsOf({ headers }: IncomingMessage, body: Buffer): FunctionCall[] {
  const [, name] = OUR_FUNCTION.exec(`${headers['user-agent']} ${headers['x-amz-user-agent']}`) ?? [];
  if (!name) return [];
  // such as DynamoDB_20120810.GetItem
  const operation = String(headers['x-amz-target']).split('.').at(-1) ?? '';
  return askedBy(operation, JSON.parse(body.toString())).map((asked) => ({ function: name, ...asked }));
}
