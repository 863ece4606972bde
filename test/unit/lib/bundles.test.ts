import { describe, expect, test } from 'vitest';
import { API_FUNCTIONS, FUNCTIONS, type FunctionNeeds } from '../../../lib/functions.ts';
import { ALL_FUNCTIONS, bundleBare, bundleFunction, type FunctionBundle } from '../../../perf/bundles.ts';

const MAX_BYTES = 1_500_000;
/** The client that signs is 0.4 MB. */
const MAX_BYTES_AWS = 1_750_000;
const NEEDS: Record<string, FunctionNeeds> = { ...FUNCTIONS, ...API_FUNCTIONS };

const built = new Map<string, Promise<FunctionBundle>>();
function bundleOf(name: string): Promise<FunctionBundle> {
  const bundle = built.get(name) ?? bundleFunction(name);
  built.set(name, bundle);
  return bundle;
}

describe.each(ALL_FUNCTIONS)('the bundle of %s', (name) => {
  const needs = NEEDS[name] as FunctionNeeds;
  const packages = async () => (await bundleOf(name)).packages.map(([pack]) => pack);

  test('is at most 1.5 MB', async () => {
    const { code } = await bundleOf(name);
    expect(code.length).toBeLessThanOrEqual(MAX_BYTES);
    expect(code.length).toBeGreaterThan(100_000);
  });

  test('has only the clients that it needs', async () => {
    const has = await packages();
    expect(has.includes('pg')).toBe(needs.database === true);
    expect(has.includes('@anthropic-ai/sdk')).toBe(needs.anthropic !== undefined);
    expect(has.includes('@aws-sdk/client-secrets-manager')).toBe(
      needs.anthropic !== undefined || needs.database === true,
    );
    expect(has.includes('@aws-sdk/client-sfn')).toBe(needs.executions !== undefined);
  });

  test('has no full price list, no credential chain and nothing of CDK', async () => {
    const has = await packages();
    expect(has).not.toContain('@pydantic/genai-prices');
    expect(
      has.filter((pack) => /credential-prov|nested-clients|token-providers|aws-cdk|constructs/.test(pack)),
    ).toEqual([]);
  });

  test('has no zod translations and no unused resources of the Anthropic SDK', async () => {
    const { files } = await bundleOf(name);
    const parts = files.filter((file) => /zod\/v4\/locales|sdk\/(?:tools|lib\/tools|lib\/environments)/.test(file));
    expect(parts.filter((file) => !file.endsWith('/locales/en.js'))).toEqual([]);
  });
});

describe.each(['submit', 'check-status', 'collect'])('the bundle of %s for Claude Platform on AWS', (name) => {
  test('has the client that signs, which that for a key has not, and no credential chain', async () => {
    const { code, packages } = await bundleFunction(name, 'aws');
    const has = packages.map(([pack]) => pack);
    expect(has).toContain('@anthropic-ai/aws-sdk');
    expect((await bundleOf(name)).packages.map(([pack]) => pack)).not.toContain('@anthropic-ai/aws-sdk');
    expect(has.filter((pack) => /credential-prov|nested-clients|token-providers/.test(pack))).toEqual([]);
    expect(code.length).toBeLessThanOrEqual(MAX_BYTES_AWS);
  });
});

test('a function bundled without our alias has the credential chain', async () => {
  const { packages } = await bundleBare('any source');
  expect(packages.map(([pack]) => pack)).toContain('@aws-sdk/credential-provider-node');
});
