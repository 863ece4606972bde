import type { BaseAnthropic } from '@anthropic-ai/sdk';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Lease } from './lease.ts';

/**
 * Lets a client call DynamoDB only while a lease is held: looked at before each try, retries included, as the last thing before
 * the request is sent. A step may be at work when the lease ends; what it has sent by then comes to its end, as in a function
 * whose execution is stopped.
 */
export function fencedDynamo(client: DynamoDBClient, lease: Pick<Lease, 'check'>): DynamoDBClient {
  client.middlewareStack.add(
    (next) => async (args) => {
      lease.check();
      return next(args);
    },
    { step: 'deserialize', name: 'lease', priority: 'low' },
  );
  return client;
}

/** The same for the Anthropic API: no batch is sent, and none cancelled, by a worker that has lost its lease. */
export const fencedAnthropic = (client: BaseAnthropic, lease: Pick<Lease, 'check'>): BaseAnthropic =>
  client.withOptions({
    fetch: async (input, init) => {
      lease.check();
      return fetch(input, init);
    },
  });
