import { beforeAll, describe, expect, it } from 'vitest';
import { TABLE_NAMES } from '../../lib/names.ts';
import { connect, skipped } from '../support/emulator/system.ts';
import type { FunctionCall } from '../support/permissions/calls.ts';
import { granted, isAllowed, MACHINE, policiesOfFunctions, uses } from '../support/permissions/policies.ts';
import { EXISTING } from './beside.ts';

/** Functions that nothing in these tests calls: there is no batch of the old pipeline, and no step fails for good. */
const NOT_CALLED = ['adopt', 'fail'];

describe.skipIf(skipped)('what the deployed functions asked of AWS', () => {
  const system = skipped ? (undefined as never) : connect();
  const policies = policiesOfFunctions();
  let calls: FunctionCall[];

  beforeAll(async () => {
    const answer = await fetch(system.calls);
    calls = ((await answer.json()) as FunctionCall[]).map((call) => ({
      ...call,
      resource: asSynthesized(call.resource),
    }));
  });

  it('was recorded of each function', () => {
    const called = new Set(calls.map((call) => call.function));
    expect([...policies.keys()].filter((name) => !called.has(name))).toEqual(NOT_CALLED);
  });

  it('is allowed by the role of the function, call by call', async () => {
    const refused: FunctionCall[] = [];
    for (const call of calls) if (!(await isAllowed(policies.get(call.function) ?? [], call))) refused.push(call);
    expect(refused).toEqual([]);
  });

  it('includes every secret that a function may read', () => {
    const unread = [...policies].filter(([name, statements]) =>
      granted(statements).some(
        (grant) =>
          grant.action === 'secretsmanager:GetSecretValue' &&
          !calls.some((call) => call.function === name && uses(call, grant)),
      ),
    );
    expect(unread.map(([name]) => name)).toEqual(['adopt']);
  });
});

/** The second stage has tables of other names, and state machines have names that CloudFormation made. */
function asSynthesized(resource: string): string {
  const tables = Object.entries(EXISTING) as [keyof typeof EXISTING, string][];
  const table = tables.reduce(
    (text, [kind, name]) => text.replace(`table/${name}`, `table/${TABLE_NAMES[kind]}`),
    resource,
  );
  return table.replace(/:(stateMachine|execution):[^:]+/, `:$1:${MACHINE}`);
}
