import { describe, expect, test } from 'vitest';
import { MODEL, messageIn, params, raw, resultOf, sdk, start } from '../../support/stand-in.ts';

describe('models and token counts', () => {
  test('a known model is described, an unknown one is 404', async () => {
    const client = sdk(await start({ models: ['claude-opus-5-5', MODEL] }));
    expect(await client.models.retrieve(MODEL)).toMatchObject({
      id: MODEL,
      type: 'model',
      display_name: 'Claude Sonnet 5.5',
    });
    await expect(client.models.retrieve('claude-3')).rejects.toMatchObject({ status: 404 });
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['claude-opus-5-5', MODEL]);
  });

  test('tokens follow the length of the text and equal the usage', async () => {
    const standIn = await start();
    const { model, messages } = params();
    const count = async (text: string) =>
      (await sdk(standIn).messages.countTokens({ model, messages, system: text })).input_tokens;
    expect((await count('a'.repeat(4004))) - (await count('a'.repeat(4)))).toBe(1000);
    expect(messageIn(await resultOf(standIn, { system: 'rules' })).usage.input_tokens).toBe(await count('rules'));
  });

  test('counting refuses parameters that it does not know', async () => {
    const standIn = await start();
    const answer = await raw(standIn, '/v1/messages/count_tokens', { method: 'POST', body: JSON.stringify(params()) });
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { error: { message: expect.stringContaining('max_tokens') } },
    ]);
  });
});
