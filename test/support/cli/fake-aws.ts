import { createServer, request as forward, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What an AWS service answers with: a body, or an error by its name. */
export type Answer = Record<string, unknown> | AwsError;
export class AwsError {
  readonly name: string;
  readonly message: string;
  readonly status: number;
  constructor(name: string, message = 'refused', status = 400) {
    this.name = name;
    this.message = message;
    this.status = status;
  }
}

type Call = (input: Record<string, unknown>) => Answer | Promise<Answer>;

/**
 * One endpoint for all of AWS, as an emulator has it: DynamoDB goes to a real one, the rest is answered by the given
 * calls, named `Service.Action`. A call that nobody answers is an UnknownOperationException.
 */
export async function startFakeAws(dynamoEndpoint: string, calls: Record<string, Call>) {
  const server: Server = createServer((request, response) => {
    void answer(request, response).catch((error: Error) => response.writeHead(500).end(error.message));
  });
  /** Every call that was not DynamoDB's, in order. */
  const asked: string[] = [];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = String(request.headers['x-amz-target'] ?? '');
    if (target.startsWith('DynamoDB')) return pass(dynamoEndpoint, request, response);
    const body = await text(request);
    const { name, input, xml } = readCall(target, request, body);
    asked.push(name);
    const given = calls[name] ? await calls[name](input) : new AwsError('UnknownOperationException', name);
    if (xml) return sendXml(response, name, given);
    if (given instanceof AwsError) {
      const { name: type, message, status } = given;
      response.writeHead(status, { 'x-amzn-errortype': type, 'content-type': 'application/json' });
      response.end(JSON.stringify({ __type: type, message }));
      return;
    }
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(given));
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    asked,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The three protocols that the clients speak: JSON with a target, REST (Lambda), and the query of CloudFormation. */
function readCall(target: string, { url = '', method }: IncomingMessage, body: string) {
  if (target !== '') {
    const [service = '', action = ''] = target.split('.');
    return { name: `${service.replace(/_\d+$/, '')}.${action}`, input: JSON.parse(body), xml: false };
  }
  if (url.includes('/event-source-mappings')) return { name: 'Lambda.ListEventSourceMappings', input: {}, xml: false };
  if (/\/functions\/[^/]+\/invocations/.test(url))
    return { name: 'Lambda.Invoke', input: JSON.parse(body || '{}'), xml: false };
  const input = Object.fromEntries(new URLSearchParams(body));
  return { name: `CloudFormation.${input.Action ?? `${method} ${url}`}`, input, xml: true };
}

function sendXml(response: ServerResponse, name: string, given: Answer): void {
  response.setHeader('content-type', 'text/xml');
  if (given instanceof AwsError) {
    const { name: code, message, status } = given;
    const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
    response.writeHead(status).end(`<ErrorResponse>${error}<RequestId>1</RequestId></ErrorResponse>`);
    return;
  }
  const action = name.split('.')[1];
  response.end(`<${action}Response><${action}Result>${xmlOf(given)}</${action}Result></${action}Response>`);
}

/** Objects as elements, lists as `member`s. */
function xmlOf(value: unknown): string {
  if (Array.isArray(value)) return value.map((each) => `<member>${xmlOf(each)}</member>`).join('');
  if (typeof value !== 'object' || value === null)
    return String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return Object.entries(value)
    .map(([name, inner]) => `<${name}>${xmlOf(inner)}</${name}>`)
    .join('');
}

function pass(endpoint: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const onward = forward(endpoint, { method: 'POST', headers: request.headers }, (answered) => {
      response.writeHead(answered.statusCode ?? 500, answered.headers);
      answered.pipe(response).on('finish', resolve);
    });
    onward.on('error', reject);
    request.pipe(onward);
  });
}
