import { describe, expect, it } from 'vitest';
import type { Asked, FunctionCall } from '../support/permissions/calls.ts';
import { granted, isAllowed, policiesOfFunctions, uses } from '../support/permissions/policies.ts';
import { recordedCalls } from '../support/permissions/runs.ts';

const policies = policiesOfFunctions();
const calls = await recordedCalls();
const text = ({ action, resource }: Asked) => `${action} on ${resource.split(':').slice(5).join(':')}`;

/** What is granted, and not done by the functions' own code in these runs. */
const ACCEPTED: readonly { of: RegExp; action: RegExp; reason: string }[] = [
  {
    of: /./,
    action: /^logs:(CreateLogStream|PutLogEvents)$/,
    reason: 'Lambda writes the log of a function in its name',
  },
  {
    of: /./,
    action: /^xray:(PutTraceSegments|PutTelemetryRecords)$/,
    reason: 'Lambda writes the trace of a function in its name',
  },
  {
    of: /^dispatch$/,
    action: /^dynamodb:(ListStreams|DescribeStream|GetRecords|GetShardIterator)$/,
    reason: 'Lambda reads the stream in the name of the function that is called with its records',
  },
  {
    of: /^dispatch$/,
    action: /^sqs:(SendMessage|GetQueueAttributes|GetQueueUrl)$/,
    reason: 'Lambda writes dead letters in the name of the function that could not be called',
  },
  {
    of: /^(adopt|submit|check-status|collect|complete|api-batch-reports|api-report-page)$/,
    action: /^secretsmanager:GetSecretValue$/,
    reason: 'secrets are read outside the steps: test/emulator/permissions.ts records that',
  },
  {
    of: /^complete$/,
    action: /^dynamodb:BatchWriteItem$/,
    reason: 'a report of more than 100 sections is too large for a transaction; these have six',
  },
];
const accepted = (name: string, { action }: Asked) =>
  ACCEPTED.filter(({ of, action: pattern }) => of.test(name) && pattern.test(action));

describe.each([...policies])('the role of %s', (name, statements) => {
  const own = calls.filter((call: FunctionCall) => call.function === name);

  it('allows every call that the function makes', async () => {
    expect(own.length).toBeGreaterThan(0);
    for (const call of own) expect(await isAllowed(statements, call), text(call)).toBe(true);
  });

  it('grants nothing that no path of the function uses', () => {
    const unused = granted(statements).filter((grant) => !own.some((call) => uses(call, grant)));
    expect(unused.filter((grant) => accepted(name, grant).length === 0).map(text)).toEqual([]);
  });
});

it('every exception is needed', () => {
  const needed = [...policies].flatMap(([name, statements]) =>
    granted(statements)
      .filter((grant) => !calls.some((call) => call.function === name && uses(call, grant)))
      .flatMap((grant) => accepted(name, grant)),
  );
  expect(ACCEPTED.filter((one) => !needed.includes(one))).toEqual([]);
});

it('a call that a role does not allow is noticed', async () => {
  const [fail = [], call] = [policies.get('fail'), calls.find(({ function: name }) => name === 'complete')];
  const stranger = { action: 'dynamodb:DeleteItem', resource: call?.resource ?? '' };
  expect(await isAllowed(fail, stranger)).toBe(false);
});
