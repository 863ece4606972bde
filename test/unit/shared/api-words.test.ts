import { describe, expect, test } from 'vitest';
import { apiWords, isApiBody } from '../../../lambdas/shared/api-words.ts';

const body = (message: unknown, type: unknown = 'invalid_request_error') => ({
  type: 'error',
  error: { type, message },
});

describe('what the API says about an error', () => {
  test('is its type and its message, on one line', () => {
    expect(apiWords(body('Your credit balance\nis too low.\u0007'))).toEqual({
      type: 'invalid_request_error',
      said: 'invalid_request_error: Your credit balance is too low.',
    });
  });

  test('is cut to 300 characters', () => {
    expect(apiWords(body('x'.repeat(100_000)))?.said).toHaveLength(300);
  });

  test('is the type alone where there is no message that can be shown', () => {
    for (const message of [undefined, null, 5, '', { text: 'x' }])
      expect(apiWords(body(message))?.said).toBe('invalid_request_error');
  });

  test.each([undefined, null, 'text', [], {}, { error: null }, { error: 'x' }, { error: { message: 'x' } }])(
    'is nothing in %j',
    (value) => {
      expect(apiWords(value)).toBeUndefined();
    },
  );

  test('is no markup', () => {
    expect(apiWords(body('<script>x</script>]]>', 'a<b>'))?.said).toBe('a‹b>: ‹script>x‹/script>]]›');
  });

  test.each([
    'invalid key sk-ant-api03-SECRET-word_1',
    'Incorrect API key provided: sk-ant-SECRET***word.',
    'header Authorization: Bearer SECRET.word-1234',
    'token AKIASECRET0123456789',
    'upstream https://user:SECRET@gateway.example failed',
    'the key own-SECRET-key is not known',
    `${'x'.repeat(280)} sk-ant-SECRET-at-the-cut`,
  ])('never shows a key or a password: %j', (message) => {
    expect(apiWords(body(message), 'own-SECRET-key')?.said).not.toContain('SECRET');
  });
});

test('only the form of the API’s own errors counts as the API', () => {
  expect(isApiBody(body('x', 'not_found_error'))).toBe(true);
  for (const value of [
    undefined,
    '<html>',
    { message: 'Not Found' },
    { error: { type: 'x', message: 'y' } },
    body('x', 5),
  ])
    expect(isApiBody(value)).toBe(false);
});
