import { afterEach, describe, expect, test, vi } from 'vitest';
import { defaultProvider } from '../../../lambdas/runtime/aws-credentials.ts';

afterEach(() => vi.unstubAllEnvs());

const environment = (key?: string, secret?: string, token?: string) => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', key);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secret);
  vi.stubEnv('AWS_SESSION_TOKEN', token);
};

describe('the credentials of a deployed function', () => {
  test('are those of its environment', async () => {
    environment('key', 'secret', 'token');
    expect(await defaultProvider()()).toEqual({ accessKeyId: 'key', secretAccessKey: 'secret', sessionToken: 'token' });
  });

  test('need no session token: an emulator gives none', async () => {
    environment('key', 'secret');
    expect(await defaultProvider()()).toEqual({ accessKeyId: 'key', secretAccessKey: 'secret' });
  });

  test.each([
    [undefined, 'secret'],
    ['key', undefined],
    ['', 'secret'],
  ])('without both there is one clear error', async (key, secret) => {
    environment(key, secret);
    await expect(defaultProvider()()).rejects.toThrow(
      'AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not in the environment',
    );
  });
});
