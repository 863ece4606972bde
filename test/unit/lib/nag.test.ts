import { Template } from 'aws-cdk-lib/assertions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { App, Stack } from 'aws-cdk-lib/core';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { API_FUNCTIONS, FUNCTIONS } from '../../../lib/functions.ts';
import { ACCEPTED, type Accepted, checkWithNag, findings } from '../../../lib/nag.ts';
import {
  BY_ROLE,
  functionsByName,
  IMPORTED,
  NETWORK,
  narrativesApp,
  outdir,
  type Statement,
  statementsOf,
} from '../../support/stacks.ts';

const API = { 'narratives:httpApi': 'iam', 'narratives:alarmEmail': 'operator@example.org' };
const APPS = {
  create: {},
  import: IMPORTED,
  'create, in a VPC': NETWORK,
  'create, with the HTTP API and alarms by e-mail': API,
  'import, in a VPC, with an open HTTP API and a stage': {
    ...IMPORTED,
    ...NETWORK,
    ...API,
    'narratives:httpApi': 'open',
    'narratives:stage': 'preprod',
  },
  'create, with Claude Platform on AWS': BY_ROLE,
};

describe('cdk-nag AwsSolutions', () => {
  const used = new Set<Accepted>();
  const found = (context: Record<string, unknown>) =>
    findings(narrativesApp(context).app, (by) => used.add(by)).flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${ruleName} at ${constructPath}`),
    );

  it.each(Object.entries(APPS))('finds nothing that is not accepted with a reason: %s', (_, context) => {
    expect(found(context)).toEqual([]);
  });

  it('needs every exception, and every exception has its reason', () => {
    for (const context of Object.values(APPS)) found(context);
    expect(ACCEPTED.filter((one) => !used.has(one))).toEqual([]);
    for (const { reason } of ACCEPTED) expect(reason).toMatch(/\w+ \w+ \w+/);
  });

  it('needs no exception for an HTTP API whose callers sign', () => {
    const by: Accepted[] = [];
    findings(narrativesApp(API).app, (one) => by.push(one));
    expect(by.filter(({ rule }) => rule.test('AwsSolutions-APIG4'))).toEqual([]);
  });

  it('ends a synth that has a finding, and lets a clean one pass', () => {
    const app = new App({ analyticsReporting: false, outdir: outdir() });
    checkWithNag(app);
    new Queue(new Stack(app, 'Other'), 'Bare');
    const code = process.exitCode;
    expect(() => {
      app.synth();
      if (process.exitCode) throw new Error('exit code set');
    }).toThrow();
    process.exitCode = code;
  });
});

describe('policies', () => {
  const statements = Object.values(APPS)
    .flatMap((context) => narrativesApp(context).app.synth().stacks)
    .flatMap(({ template }) => Object.values<Resource>(template.Resources))
    .filter(({ Type }) => Type === 'AWS::IAM::Policy')
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);

  it('ask for all resources only where AWS has no narrower ones', () => {
    const wide = statements.filter(({ Effect, Resource }) => Effect === 'Allow' && [Resource].flat().includes('*'));
    expect([...new Set(wide.flatMap(({ Action }) => Action))].sort()).toEqual([
      'dynamodb:ListStreams',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'logs:CreateLogDelivery',
      'logs:DeleteLogDelivery',
      'logs:DescribeLogGroups',
      'logs:DescribeResourcePolicies',
      'logs:GetLogDelivery',
      'logs:ListLogDeliveries',
      'logs:PutResourcePolicy',
      'logs:UpdateLogDelivery',
      'sts:GetWebIdentityToken',
      'sts:TagGetWebIdentityToken',
      'xray:GetSamplingRules',
      'xray:GetSamplingTargets',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ]);
  });

  it('name every action', () => {
    expect(statements.flatMap(({ Action }) => Action).filter((action) => action.includes('*'))).toEqual([]);
  });

  it('open an index only to the functions whose code names it', async () => {
    const { app } = narrativesApp(API);
    const templates = app
      .synth()
      .stacks.map(({ stackName }) => Template.fromStack(app.node.findChild(stackName) as Stack));
    const functions = { ...FUNCTIONS, ...API_FUNCTIONS };
    for (const name of Object.keys(functions)) {
      const template = templates.find((one) => functionsByName(one)[name]);
      const opened = JSON.stringify(template && statementsOf(template, name)).match(/(?<=\/index\/)[\w*]+/g) ?? [];
      expect([...new Set(opened)].sort(), name).toEqual(await indexesNamedBy(name));
    }
  });
});

/** Names of indexes in a function's code, without the code that it does not use. */
async function indexesNamedBy(name: string): Promise<string[]> {
  const entryPoints = [new URL(`../../../lambdas/handlers/${name}.ts`, import.meta.url).pathname];
  const { outputFiles } = await build({
    entryPoints,
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    packages: 'external',
  });
  const code = outputFiles.map(({ text }) => text).join();
  return [...new Set(code.match(/\w+Index(?=["'],?\n)/g))].sort();
}

interface Resource {
  Type: string;
  Properties: { PolicyDocument: { Statement: (Statement & { Effect: string })[] } };
}
