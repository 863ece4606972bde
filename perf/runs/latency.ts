import { setTimeout } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type pg from 'pg';

/** Makes every call of both clients take some milliseconds longer, as a network does. @param ms 0 changes nothing */
export function addLatency(ms: number, db: DynamoDBClient, pool: pg.Pool): void {
  if (ms === 0) return;
  db.middlewareStack.add(
    (next) => async (args) => {
      await setTimeout(ms);
      return next(args);
    },
    { step: 'finalizeRequest', name: 'latency' },
  );
  const query = pool.query.bind(pool) as (...of: unknown[]) => Promise<unknown>;
  Object.assign(pool, {
    query: async (...of: unknown[]) => {
      await setTimeout(ms);
      return query(...of);
    },
  });
}
