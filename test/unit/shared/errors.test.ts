import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, test } from 'vitest';
import * as errors from '../../../lambdas/shared/errors.ts';
import { documentClient, stored } from '../../../lambdas/stores/dynamodb.ts';
import { jobTable } from '../../../lambdas/stores/jobs.ts';
import { conversationsOf, postgresPool } from '../../../lambdas/stores/postgres.ts';

const root = new URL('../../../lambdas/', import.meta.url).pathname;
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(join(root, file), 'utf8'))
  .join('\n');

/** Classes that only gather others. */
const GROUPS = ['NarrativesError', 'BadInput'];
const classes = new Map<string, unknown>(Object.entries(errors));
const names = [...classes.keys()].filter((name) => /^[A-Z][a-z]/.test(name) && !GROUPS.includes(name));

describe('errors', () => {
  test.each(names)(
    '%s is thrown somewhere, and its name is its class’s: the state machine and the runbook go by it',
    (name) => {
      const Class = classes.get(name) as new (message: string) => Error;
      expect(new Class('x').name).toBe(name);
      expect(sources).toMatch(new RegExp(`new ${name}\\(`));
    },
  );

  test('the names that the state machine retries are among them', () => {
    expect(names).toEqual(expect.arrayContaining([...errors.RETRIED_ERRORS, ...errors.ROTATION_ERRORS]));
  });
});

describe('a store that cannot be reached', () => {
  const client = new DynamoDBClient({
    endpoint: 'http://127.0.0.1:1',
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    maxAttempts: 1,
  });
  const pool = postgresPool('postgres://someone:secret-word@127.0.0.1:1/polis');
  afterAll(() => pool.end());

  test('DynamoDB: it is worth trying again', async () => {
    const call = jobTable(documentClient(client), 'Jobs').get('job');
    await expect(call).rejects.toThrow(errors.StoreUnavailable);
  });

  test.each(['TransactionInProgressException', 'TransactionConflictException'])(
    'DynamoDB that is still busy with the same rows (%s): it is worth trying again',
    async (name) => {
      const busy = Object.assign(new Error('busy'), { name, $metadata: { httpStatusCode: 400 } });
      await expect(stored('write', () => Promise.reject(busy))).rejects.toThrow(errors.StoreUnavailable);
    },
  );

  test('PostgreSQL: it is worth trying again, and the password is not shown', async () => {
    const error: Error = await conversationsOf(pool, 'prod')
      .report('r1')
      .then(
        () => new Error('expected an error'),
        (thrown) => thrown,
      );
    expect(error).toBeInstanceOf(errors.StoreUnavailable);
    expect(error.message).not.toContain('secret-word');
  });

  test('an invalid database URL is a setting to fix, and is not repeated', () => {
    expect(() => postgresPool('secret-word')).toThrow(errors.InvalidSetting);
    expect(() => postgresPool('secret-word')).not.toThrow(/secret-word/);
  });
});
