import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { StoreUnavailable } from '../domain/errors.ts';
import { stored } from './dynamo.ts';

/** Others at the same rows are waited for, a little longer each time. */
const TRIES = 8;
const PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;
const BUSY = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

export type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/**
 * Writes all of some rows, or none of them.
 * @returns the places of the items whose conditions do not hold; none when everything was written
 * @throws StoreUnavailable when the rows stay busy
 */
export async function transact(
  db: DynamoDBDocumentClient,
  what: string,
  TransactItems: readonly TransactItem[],
): Promise<number[]> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    try {
      await stored(what, () => db.send(new TransactWriteCommand({ TransactItems: [...TransactItems] })));
      return [];
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const codes = (error.CancellationReasons ?? []).map(({ Code }) => Code ?? 'None');
      const failed = codes.flatMap((code, at) => (code === 'ConditionalCheckFailed' ? [at] : []));
      if (failed.length > 0) return failed;
      if (!codes.some((code) => BUSY.has(code))) throw error;
      // requests that collided must not collide again
      const pause = Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** attempt) * (0.5 + Math.random());
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  throw new StoreUnavailable(`DynamoDB could not ${what}: others were at it ${TRIES} times`);
}
