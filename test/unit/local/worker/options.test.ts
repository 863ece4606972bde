import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FLAGS, readWorkerSettings } from '../../../../local/worker/options.ts';

const folder = mkdtempSync(join(tmpdir(), 'narratives-options-'));
afterAll(() => rmSync(folder, { recursive: true }));
const env = { DATABASE_URL: 'postgres://polis:secret@postgres:5432/polis', ANTHROPIC_API_KEY: 'sk-1' };
const read = (more: Record<string, string> = {}, flags = {}) => readWorkerSettings({ ...env, ...more }, flags);

describe('the settings of a worker', () => {
  it('have defaults', () => {
    expect(read()).toMatchObject({
      access: { apiKey: 'sk-1' },
      CLAIMS: 'on',
      MATH_ENV: 'prod',
      HTTP_HOST: '127.0.0.1',
      JOB_STREAM: 'on',
    });
  });

  it('come from flags first; an empty variable is one that is not set', () => {
    expect(read({ MATH_ENV: 'dev' }, { MATH_ENV: 'preprod' }).MATH_ENV).toBe('preprod');
    expect(read({ MATH_ENV: '', DYNAMODB_ENDPOINT: '' })).toMatchObject({ MATH_ENV: 'prod' });
  });

  it.each([
    [{ DATABASE_URL: '' }, /^DATABASE_URL: is missing/],
    [{ DATABASE_URL: '', ANTHROPIC_API_KEY: '' }, /^DATABASE_URL: is missing.*; ANTHROPIC_API_KEY is missing/],
    [{ DATABASE_URL: 'mysql://x' }, /^DATABASE_URL: should look like postgres/],
    [{ ANTHROPIC_API_KEY: 'sk-1', ANTHROPIC_API_KEY_FILE: '/run/key' }, /are both set: unset one/],
    [{ MODEL_ALIASES: 'a=' }, /^MODEL_ALIASES.*must be pairs such as/],
    [{ ANTHROPIC_API_KEY: '' }, /^ANTHROPIC_API_KEY is missing.*ANTHROPIC_API_KEY_FILE/],
    [{ ANTHROPIC_API_KEY: 'two words' }, /^secret ANTHROPIC_API_KEY holds spaces/],
    [{ DYNAMODB_ENDPOINT: 'dynamodb:8000' }, /^DYNAMODB_ENDPOINT: should be an address/],
    [{ DAY_BUDGET_USD: '-1' }, /^DAY_BUDGET_USD: should be above 0/],
    [{ SWEEP_MINUTES: '1e3' }, /^SWEEP_MINUTES: should be a whole number/],
    [{ DATABASE_TLS: 'on' }, /^DATABASE_TLS: should be verify or off/],
    [{ DATABASE_CA_FILE: '/nowhere.pem' }, /^DATABASE_CA_FILE \/nowhere\.pem cannot be read \(ENOENT\)/],
  ])('%j is refused by name, and no value of a secret is shown', (more, message) => {
    expect(() => read(more)).toThrow(message);
    expect(() => read(more)).not.toThrow(/secret@|two words/);
  });

  it('take the key from a file, as container secrets come', () => {
    const file = join(folder, 'key');
    writeFileSync(file, 'sk-2\n');
    expect(read({ ANTHROPIC_API_KEY: '', ANTHROPIC_API_KEY_FILE: file }).access).toEqual({ apiKey: 'sk-2' });
  });

  it('name a workspace of Claude Platform on AWS in place of a key', () => {
    const aws = { ANTHROPIC_PROVIDER: 'aws', ANTHROPIC_API_KEY: '' };
    const workspace = { ...aws, ANTHROPIC_AWS_WORKSPACE_ID: 'wrkspc_01', AWS_REGION: 'eu-west-1' };
    expect(read(workspace).access).toEqual({ workspaceId: 'wrkspc_01', region: 'eu-west-1' });
    expect(read({ ...workspace, ANTHROPIC_AWS_REGION: 'us-east-2' }).access).toMatchObject({ region: 'us-east-2' });
    expect(() => read(aws)).toThrow(/^ANTHROPIC_AWS_WORKSPACE_ID is needed/);
    expect(() => read({ ...workspace, ANTHROPIC_API_KEY: 'sk-1' })).toThrow(/^an API key is not used/);
  });

  it('use TLS except towards this machine', () => {
    expect(read().tls.tls).toBe('verify');
    expect(read({ DATABASE_URL: 'postgres://polis@localhost/polis' }).tls.tls).toBe('off');
    expect(read({ DATABASE_TLS: 'off' }).tls.tls).toBe('off');
  });

  it('have no flag for a secret, which a list of processes would show', () => {
    expect(FLAGS.map(({ flag }) => flag)).not.toContain('--anthropic-api-key');
  });
});
