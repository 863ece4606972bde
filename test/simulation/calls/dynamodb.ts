import { Readable } from 'node:stream';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { localAws } from '../../../local/embedded/dynamodb.ts';
import type { Gate } from '../gate.ts';

/** As many tries as the deployed functions' client makes, without its pauses. */
const TRIES = 5;

/** A DynamoDB client whose every HTTP call passes the gate, its own retries included. */
export function gatedDynamo(endpoint: string, gate: () => Gate): DynamoDBClient {
  const inner = new DynamoDBClient(localAws(endpoint)).config.requestHandler;
  const requestHandler = {
    handle: (request: Parameters<typeof inner.handle>[0], options: Parameters<typeof inner.handle>[1]) => {
      const { headers, body } = request;
      return gate().pass<Answer>({
        service: 'dynamodb',
        what: `${operationOf(headers)} ${tableOf(typeof body === 'string' ? body : new TextDecoder().decode(body))}`,
        tries: String(headers['amz-sdk-invocation-id']),
        effect: () => inner.handle(request, options) as Promise<Answer>,
        fail: (kind) => {
          if (kind === 'timeout') throw Object.assign(new Error('no answer in time'), { name: 'TimeoutError' });
          return kind === 'error' ? refusal(500, 'InternalServerError') : refusal(400, 'ThrottlingException');
        },
      });
    },
    destroy: () => inner.destroy?.(),
  };
  return new DynamoDBClient({
    ...localAws(endpoint),
    retryStrategy: impatient,
    requestHandler,
  } as DynamoDBClientConfig);
}

interface Answer {
  response: unknown;
}

const operationOf = (headers: Record<string, string>): string => String(headers['x-amz-target']).split('.')[1] ?? '';

/** The table a request is about; of a transaction, the first. */
function tableOf(body: string): string {
  const json = JSON.parse(body) as {
    TableName?: string;
    RequestItems?: Record<string, unknown>;
    TransactItems?: Record<string, { TableName?: string }>[];
  };
  if (json.TableName) return json.TableName;
  if (json.RequestItems) return Object.keys(json.RequestItems)[0] ?? '';
  return Object.values(json.TransactItems?.[0] ?? {})[0]?.TableName ?? '';
}

function refusal(statusCode: number, type: string): Answer {
  const body = JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'simulated' });
  const headers = { 'content-type': 'application/x-amz-json-1.0' };
  return { response: { statusCode, reason: type, headers, body: Readable.from([Buffer.from(body)]) } };
}

const token = (count: number) => ({ getRetryCount: () => count, getRetryDelay: () => 0 });

const impatient = {
  acquireInitialRetryToken: async () => token(0),
  async refreshRetryTokenForRetry(last: ReturnType<typeof token>, { errorType }: { errorType: string }) {
    const count = last.getRetryCount() + 1;
    if (count >= TRIES || errorType === 'CLIENT_ERROR') throw new Error('no more tries');
    return token(count);
  },
  recordSuccess: () => undefined,
};
