import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Log } from '../shared/log.ts';
import { answered, type Route } from './answer.ts';
import { payload } from './payload.ts';

/**
 * A Lambda handler of an HTTP API (payload format 2.0) around a route.
 * @param connect gives the route with its clients; asked at every request, so that a new secret is in use soon
 */
export const httpHandler =
  (log: Log, connect: () => Promise<Route>) =>
  async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8').toString('utf8');
    const params = event.pathParameters;
    const request = { query: event.queryStringParameters ?? {}, body, ...(params ? { params } : {}) };
    const answer = await answered(log, async () => (await connect())(request));
    return payload(answer, event.headers?.['accept-encoding']);
  };
