import { describe, expect, test } from 'vitest';
import { apiKindOf, parseEnvironment } from '../../../local/options.ts';

const BY_ROLE = { ANTHROPIC_PROVIDER: 'aws', ANTHROPIC_AWS_WORKSPACE_ID: 'wrkspc_1', AWS_REGION: 'eu-west-1' };

describe('the API that writes the text', () => {
  test.each([
    [{}, 'simulated'],
    [{ AWS_REGION: 'eu-west-1', ANTHROPIC_PROVIDER: 'anthropic' }, 'simulated'],
    [{ ANTHROPIC_API_KEY: 'sk-ant-1' }, 'real'],
    [BY_ROLE, 'real-aws'],
  ])('with %j is %s', (env, kind) => {
    expect(apiKindOf(parseEnvironment(env))).toBe(kind);
  });

  test.each([
    [{ ANTHROPIC_API_KEY: 'sk-ant-1' }, /ANTHROPIC_API_KEY: is not used with ANTHROPIC_PROVIDER=aws: unset one/],
    [{ ANTHROPIC_AWS_WORKSPACE_ID: '' }, /ANTHROPIC_AWS_WORKSPACE_ID: is needed with/],
    [{ ANTHROPIC_AWS_WORKSPACE_ID: 'default' }, /ANTHROPIC_AWS_WORKSPACE_ID: must be wrkspc_/],
    [{ AWS_REGION: '' }, /AWS_REGION: is needed with/],
    [{ ANTHROPIC_PROVIDER: 'bedrock' }, /ANTHROPIC_PROVIDER: must be anthropic or aws/],
  ])('by a role is refused with %j, and the variable is named', (changes, says) => {
    expect(() => parseEnvironment({ ...BY_ROLE, ...changes })).toThrow(says);
  });
});
