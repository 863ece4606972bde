import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Template } from 'aws-cdk-lib/assertions';
import { App } from 'aws-cdk-lib/core';
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

/** Claude Platform on AWS in the place of a key. */
export const BY_ROLE = { 'narratives:provider': 'aws', 'narratives:workspaceId': 'wrkspc_01AbCdEf23GhIj' };

/** A new folder for what an app synthesizes; it is removed when the tests are done. */
export const outdir = (): string => mkdtempSync(join(tmpdir(), 'narratives-stacks-'));

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

/** What every CDK template holds, whatever it deploys. */
const NOISE = new Set(['CDKMetadata', 'BootstrapVersion', 'CheckBootstrapVersion', 'Conditions', 'Type']);

interface JsonTemplate {
  Resources: Record<string, { Type: string }>;
}

/**
 * A template as text that only changes when a deployment changes: each resource under its type and name, hashes gone
 * from names, `Fn::Join` and its like as `${Name.Arn}`, the state machine as an object.
 */
export function readable({ Resources, ...rest }: JsonTemplate): string {
  const entries = Object.entries(Resources).map(([id, resource]) => [
    `${resource.Type} ${withoutHashes(id)}`,
    resource,
  ]);
  const template = { ...rest, Resources: Object.fromEntries(entries) };
  return inspect(plain(template), { depth: null, breakLength: 140, compact: 6, sorted: true });
}

/** CDK puts 8 hex digits behind a logical id, and behind each part of the name of an output that another stack reads. */
const withoutHashes = (text: string): string =>
  text.replaceAll(/(?<=[A-Za-z])([0-9A-F]{8})+(?![0-9a-z])/g, '').replaceAll(/[0-9a-f]{64}/g, '<asset>');

function plain(value: unknown): unknown {
  if (typeof value === 'string') return withoutHashes(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const reference = referenceIn(value as Record<string, unknown>);
  if (reference !== undefined) return reference;
  const kept = Object.entries(value).filter(([key]) => !NOISE.has(key));
  return Object.fromEntries(kept.map(([key, child]) => [withoutHashes(key), machineOr(plain(child), key)]));
}

/** `{"Fn::GetAtt": ["JobTable", "Arn"]}` → `${JobTable.Arn}` */
function referenceIn(value: Record<string, unknown>): string | undefined {
  const [[kind, of] = [], ...others] = Object.entries(value);
  if (others.length > 0) return undefined;
  if (kind === 'Ref') return `\${${plain(of)}}`;
  if (kind === 'Fn::GetAtt') return `\${${(plain(of) as string[]).join('.')}}`;
  if (kind === 'Fn::GetStackOutput') {
    const { StackName, OutputName } = of as Record<string, string>;
    return `\${${StackName}: ${plain(OutputName)}}`;
  }
  if (kind !== 'Fn::Join') return undefined;
  const [separator, parts] = of as [string, unknown[]];
  const texts = parts.map(plain);
  return texts.every((part) => typeof part === 'string') ? texts.join(separator) : undefined;
}

function machineOr(value: unknown, key: string): unknown {
  return key === 'DefinitionString' ? JSON.parse(String(value)) : value;
}
