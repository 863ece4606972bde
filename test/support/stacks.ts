import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { App } from 'aws-cdk-lib/core';
import { afterAll } from 'vitest';
import { addNarratives } from '../../lib/app.ts';
import { FUNCTION_METADATA } from '../../lib/narratives-function.ts';

export const STREAM_ARN = 'arn:aws:dynamodb:eu-west-1:111122223333:table/PolisJobs/stream/2026-01-01T00:00:00.000';
export const IMPORTED = {
  'narratives:jobTable': 'PolisJobs',
  'narratives:jobTableStreamArn': STREAM_ARN,
  'narratives:reportsTable': 'PolisReports',
  'narratives:ledgerTable': 'Ledger',
};

/** What a VPC setting adds. */
export const NETWORK = {
  'narratives:subnetIds': 'subnet-0123456789abcdef0,subnet-0123456789abcdef1',
  'narratives:securityGroupIds': 'sg-0123456789abcdef0',
};

const OUT = mkdtempSync(join(tmpdir(), 'narratives-stacks-'));
afterAll(() => rmSync(OUT, { recursive: true, force: true }));
/** A new folder for what an app synthesizes; it is removed after the file's tests. */
export const outdir = (): string => mkdtempSync(join(OUT, 'app-'));

const CDK_JSON = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'));

/** The app as `cdk synth` makes it, by settings as `-c` gives them, without bundled code. */
export function narrativesApp(context: Record<string, unknown> = {}) {
  const app = new App({
    outdir: outdir(),
    context: { ...CDK_JSON.context, ...context, 'aws:cdk:bundling-stacks': [] },
    builtinCloudFormationValidation: false,
    analyticsReporting: false,
    treeMetadata: false,
  });
  return { app, ...addNarratives(app) };
}

export function stacks(context: Record<string, unknown> = {}) {
  const { app, data, narratives } = narrativesApp(context);
  return { data: data && Template.fromStack(data), narratives: Template.fromStack(narratives), app };
}

/** Function properties by our name of the function. */
export function functionsByName(template: Template) {
  const found = Object.values(template.findResources('AWS::Lambda::Function'));
  return Object.fromEntries(
    found.map(({ Metadata, Properties }) => [Metadata[FUNCTION_METADATA] as string, Properties]),
  );
}

export interface Statement {
  Action: string | string[];
  Resource: unknown;
}

/** What the role of a function may do. */
export function statementsOf(template: Template, name: string): Statement[] {
  const role = functionsByName(template)[name].Role['Fn::GetAtt'][0];
  const policies = Object.values(template.findResources('AWS::IAM::Policy'));
  return policies
    .filter(({ Properties }) => Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === role))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
}
