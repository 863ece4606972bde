import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type Asked, askedByApi, type FunctionCall } from '../support/permissions/calls.ts';
import { granted, isAllowed, policiesOfFunctions, type Statement, uses } from '../support/permissions/policies.ts';
import { recordedCalls } from '../support/permissions/runs.ts';
import { BY_ROLE } from '../support/stacks.ts';
import { WORKSPACE } from '../support/workspace.ts';

const ofKey = policiesOfFunctions();
const ofRole = policiesOfFunctions(BY_ROLE);
/** Every role of a deployment with a key, and those of one with Claude Platform on AWS that differ. */
const policies: [deployment: string, name: string, statements: Statement[]][] = [
  ...[...ofKey].map(([name, statements]): [string, string, Statement[]] => ['with a key', name, statements]),
  ...[...ofRole].flatMap(([name, statements]): [string, string, Statement[]][] =>
    isDeepStrictEqual(statements, ofKey.get(name)) ? [] : [['by role', name, statements]],
  ),
];
const recorded = await recordedCalls();
/** What a function asks IAM in a deployment: with a key, IAM is not asked about the Anthropic API. */
const callsOf = (deployment: string, name: string): FunctionCall[] =>
  recorded.filter(
    (call) =>
      call.function === name && (deployment === 'by role' || !call.action.startsWith('aws-external-anthropic:')),
  );
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
    of: /^(submit|check-status|collect)$/,
    action: /^sts:(GetWebIdentityToken|TagGetWebIdentityToken)$/,
    reason: 'the gateway of Claude Platform on AWS calls STS in the name of the function that calls it',
  },
  {
    of: /^complete$/,
    action: /^dynamodb:BatchWriteItem$/,
    reason: 'a report of more than 100 sections is too large for a transaction; these have six',
  },
];
const accepted = (name: string, { action }: Asked) =>
  ACCEPTED.filter(({ of, action: pattern }) => of.test(name) && pattern.test(action));

describe.each(policies)('in a deployment %s, the role of %s', (deployment, name, statements) => {
  const own = callsOf(deployment, name);

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
  const needed = policies.flatMap(([deployment, name, statements]) =>
    granted(statements)
      .filter((grant) => !callsOf(deployment, name).some((call) => uses(call, grant)))
      .flatMap((grant) => accepted(name, grant)),
  );
  expect(ACCEPTED.filter((one) => !needed.includes(one))).toEqual([]);
});

it('a call that a role does not allow is noticed', async () => {
  const [fail = [], call] = [ofKey.get('fail'), recorded.find(({ function: name }) => name === 'complete')];
  const stranger = { action: 'dynamodb:DeleteItem', resource: call?.resource ?? '' };
  expect(await isAllowed(fail, stranger)).toBe(false);
});

it('only the roles that call the Anthropic API differ by the provider', () => {
  const differing = policies.filter(([deployment]) => deployment === 'by role').map(([, name]) => name);
  expect(differing.sort()).toEqual(['check-status', 'collect', 'submit']);
});

it('a role opens its own workspace, and no other one', async () => {
  const submit = ofRole.get('submit') ?? [];
  for (const [workspace, allowed] of [
    [WORKSPACE.workspaceId, true],
    ['wrkspc_02', false],
  ] as const)
    expect(await isAllowed(submit, askedByApi('create', workspace))).toBe(allowed);
});

it('only the gateway gets a token in the name of a role, and only for Anthropic', async () => {
  const submit = ofRole.get('submit') ?? [];
  const asked = { action: 'sts:GetWebIdentityToken', resource: '*' };
  const gateway = 'aws-external-anthropic.amazonaws.com';
  const anthropic = ['https://api.anthropic.com'];
  const by = (via: string | undefined, audience: string[]) =>
    isAllowed(submit, asked, {
      'sts:IdentityTokenAudience': audience,
      ...(via === undefined ? {} : { 'aws:CalledVia': [via], 'aws:CalledViaLast': via }),
    });
  expect(await by(gateway, anthropic)).toBe(true);
  expect(await by(undefined, anthropic)).toBe(false);
  expect(await by('athena.amazonaws.com', anthropic)).toBe(false);
  expect(await by(gateway, ['https://elsewhere.example'])).toBe(false);
});
