import { expect, test } from 'vitest';
import { InvalidSetting, StoreUnavailable } from '../../../lambdas/shared/errors.ts';
import { conversationsOf } from '../../../lambdas/stores/postgres.ts';

/** What a caller gets when PostgreSQL answers every query with this SQLSTATE. */
async function refusedWith(code: string): Promise<Error> {
  const query = () => Promise.reject(Object.assign(new Error('permission denied for secret-word'), { code }));
  const conversations = conversationsOf({ query } as never, 'prod');
  return conversations.report('r1').then(
    () => new Error('expected an error'),
    (error: Error) => error,
  );
}

test.each([
  ['42P01', /has no reports like that of Polis/],
  ['42501', /does not let the user of the database secret read reports .*GRANT SELECT/],
  ['28P01', /refuses the connection .*check user, password and database/],
])('%s does not pass with time: it is a setting to fix, in one line', async (code, says) => {
  const error = await refusedWith(code);
  expect(error).toBeInstanceOf(InvalidSetting);
  expect(error.message).toMatch(says);
  expect(error.message).not.toMatch(/secret-word|\n/);
});

test('too many connections pass with time', async () => {
  expect(await refusedWith('53300')).toBeInstanceOf(StoreUnavailable);
});
