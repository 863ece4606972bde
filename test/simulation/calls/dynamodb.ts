import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { localAws } from '../../../local/embedded/dynamodb.ts';
import type { Gate } from '../gate.ts';
import { type Answer, answerOf, partly } from './partly.ts';

/** As many tries as the deployed functions' client makes, without its pauses. */
const TRIES = 5;

/** The body of a call, as far as it is looked at here. */
export interface Call {
  TableName?: string;
  Key?: Record<string, { S?: string }>;
  Item?: Record<string, { S?: string }>;
  RequestItems?: Record<string, unknown>;
  TransactItems?: Record<string, { TableName?: string }>[];
}

/**
 * A DynamoDB client whose every HTTP call passes the gate, its own retries included.
 * @param wrote hears of a write of one row that has taken effect, before its caller does
 */
export function gatedDynamo(
  endpoint: string,
  gate: () => Gate,
  wrote: (table: string, call: Call) => Promise<void>,
): DynamoDBClient {
  const inner = new DynamoDBClient(localAws(endpoint)).config.requestHandler;
  type Request = Parameters<typeof inner.handle>[0];
  const handle = (request: Request, options: Parameters<typeof inner.handle>[1]) => {
    const body = typeof request.body === 'string' ? request.body : new TextDecoder().decode(request.body);
    const call = JSON.parse(body) as Call;
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    const table = tableOf(call);
    const send = (asked: Request) => inner.handle(asked, options) as Promise<Answer>;
    return gate().pass<Answer>({
      service: 'dynamodb',
      what: `${operation} ${table}`,
      tries: String(request.headers['amz-sdk-invocation-id']),
      async effect() {
        const answer = await send(request);
        const done = (answer.response as { statusCode: number }).statusCode === 200;
        if (done && (operation === 'PutItem' || operation === 'UpdateItem')) await wrote(table, call);
        return answer;
      },
      fail: (kind) => {
        if (kind === 'timeout') throw Object.assign(new Error('no answer in time'), { name: 'TimeoutError' });
        return kind === 'error' ? refusal(500, 'InternalServerError') : refusal(400, 'ThrottlingException');
      },
      ...(call.RequestItems ? { partly: (side) => partly(request, body, side, send) } : {}),
    });
  };
  const requestHandler = { handle, destroy: () => inner.destroy?.() };
  const config = { ...localAws(endpoint), retryStrategy: impatient, requestHandler };
  return new DynamoDBClient(config as DynamoDBClientConfig);
}

/** The table a call is about; of a transaction, the first. */
function tableOf({ TableName, RequestItems, TransactItems }: Call): string {
  if (TableName) return TableName;
  if (RequestItems) return Object.keys(RequestItems)[0] ?? '';
  return Object.values(TransactItems?.[0] ?? {})[0]?.TableName ?? '';
}

const refusal = (status: number, type: string): Answer =>
  answerOf({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'simulated' }, status);

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
