import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HERE } from '../../support/permissions/calls.ts';
import { granted, isAllowed, type Statement } from '../../support/permissions/policies.ts';

const page = readFileSync(new URL('../../../docs/deploy.md', import.meta.url), 'utf8');
const [, json = ''] = /```json\n(\{\n {2}"Version"[^`]+)```/.exec(page) ?? [];
const filledIn = json.replaceAll('REGION', HERE.region).replaceAll('ACCOUNT', HERE.account);
const statements = (JSON.parse(filledIn).Statement as { Action: string | string[]; Resource: string | string[] }[]).map(
  ({ Action, Resource, ...rest }): Statement => ({
    Effect: 'Allow',
    ...rest,
    Action: [Action].flat(),
    Resource: [Resource].flat(),
  }),
);

const TABLE = `arn:aws:dynamodb:${HERE.region}:${HERE.account}:table/Delphi_JobQueue`;

describe('the policy on the page about deploying', () => {
  it('has actions that there are, each on a kind of resource that it takes', async () => {
    for (const { action, resource } of granted(statements)) {
      const one = resource === '*' ? resource : resource.replaceAll('*', 'x');
      expect(await isAllowed(statements, { action, resource: one }), action).toBe(true);
    }
  });

  it.each([
    [
      'sts:AssumeRole',
      `arn:aws:iam::${HERE.account}:role/cdk-hnb659fds-deploy-role-${HERE.account}-${HERE.region}`,
      true,
    ],
    ['dynamodb:Query', `${TABLE}/index/StatusCreatedIndex`, true],
    ['dynamodb:DeleteTable', TABLE, false],
    ['dynamodb:DeleteItem', TABLE, false],
    [
      'secretsmanager:GetSecretValue',
      `arn:aws:secretsmanager:${HERE.region}:${HERE.account}:secret:other-AbCdEf`,
      false,
    ],
  ])('for %s on %s answers %s', async (action, resource, allowed) => {
    expect(await isAllowed(statements, { action, resource })).toBe(allowed);
  });
});
