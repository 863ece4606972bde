import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { App } from 'aws-cdk-lib/core';
import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { addNarratives } from '../lib/app.ts';
import { FUNCTION_METADATA } from '../lib/narratives-function.ts';
import type { SynthesizedNarratives } from '../local/machine/narratives.ts';
import { parsePattern } from '../local/machine/stream-filter.ts';

interface Resource {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation properties are as many-shaped as AWS itself
  Properties: any;
  Metadata?: Record<string, unknown>;
}
type Resources = Record<string, Resource>;

/**
 * Synthesizes the CDK app in this process, without bundling code, and reads the local run's parts out of the templates.
 * @param context settings as `-c` would give them, such as `{'narratives:mathEnv': 'dev'}`
 */
export function synthNarratives(context: Record<string, unknown> = {}): SynthesizedNarratives {
  const resources = synthesizedResources(context);
  const machine = onlyOne(resources, 'AWS::StepFunctions::StateMachine').Properties;
  const mapping = onlyOne(resources, 'AWS::Lambda::EventSourceMapping').Properties;
  const definition = JSON.parse(resolveText(machine.DefinitionString, resources)) as StateMachineDefinition;
  const stepOfArn = stepsByArn(resources);
  return {
    definition,
    stepOfState: stepOfState(definition, stepOfArn),
    streamStep: stepOf(resources, mapping.FunctionName.Ref),
    filters: mapping.FilterCriteria.Filters.map(({ Pattern }: { Pattern: string }) => parsePattern(Pattern)),
    batchSize: mapping.BatchSize,
    retryAttempts: mapping.MaximumRetryAttempts,
    tables: ofType(resources, 'AWS::DynamoDB::Table').map(([, table]) => createTableInput(table.Properties)),
  };
}

function synthesizedResources(context: Record<string, unknown>): Resources {
  const cdkJson = JSON.parse(readFileSync(new URL('../cdk.json', import.meta.url), 'utf8'));
  const outdir = mkdtempSync(join(tmpdir(), 'narratives-synth-'));
  try {
    const app = new App({
      outdir,
      context: { ...cdkJson.context, ...context, 'aws:cdk:bundling-stacks': [] },
      analyticsReporting: false,
      treeMetadata: false,
      stackTraces: false,
      // `cdk synth` validates the template; doing so here would cost more than a second.
      builtinCloudFormationValidation: false,
    });
    addNarratives(app);
    return Object.assign({}, ...app.synth().stacks.map((stack) => stack.template.Resources));
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function stepsByArn(resources: Resources): Map<string, string> {
  const functions = ofType(resources, 'AWS::Lambda::Function');
  return new Map(functions.map(([id, resource]) => [arnOf(id, resource.Type), stepOf(resources, id)]));
}

function stepOf(resources: Resources, logicalId: string): string {
  const step = resources[logicalId]?.Metadata?.[FUNCTION_METADATA];
  if (typeof step !== 'string')
    throw new Error(`function ${logicalId} has no ${FUNCTION_METADATA} metadata: make it a NarrativesFunction`);
  return step;
}

function stepOfState({ States }: StateMachineDefinition, stepOfArn: Map<string, string>): Record<string, string> {
  const tasks = Object.entries(States).flatMap(([name, state]) => (state.Type === 'Task' ? [{ name, state }] : []));
  return Object.fromEntries(
    tasks.map(({ name, state }) => {
      const step = stepOfArn.get(state.Resource);
      if (!step) throw new Error(`state "${name}" calls ${state.Resource}, which is not a function of the template`);
      return [name, step];
    }),
  );
}

function createTableInput(properties: Resource['Properties']): CreateTableCommandInput {
  return {
    TableName: properties.TableName,
    KeySchema: properties.KeySchema,
    AttributeDefinitions: properties.AttributeDefinitions,
    BillingMode: properties.BillingMode,
    ...(properties.GlobalSecondaryIndexes && { GlobalSecondaryIndexes: properties.GlobalSecondaryIndexes }),
    ...(properties.StreamSpecification && {
      StreamSpecification: { StreamEnabled: true, StreamViewType: properties.StreamSpecification.StreamViewType },
    }),
  };
}

function ofType(resources: Resources, type: string): [string, Resource][] {
  return Object.entries(resources).filter(([, resource]) => resource.Type === type);
}

function onlyOne(resources: Resources, type: string): Resource {
  const found = ofType(resources, type);
  if (found.length !== 1 || !found[0])
    throw new Error(`the templates hold ${found.length} of ${type}; the local run expects one`);
  return found[0][1];
}

/** The account and region that made-up ARNs carry; no service is ever asked for them. */
const PSEUDO_PARAMETERS: Record<string, string> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'us-east-1',
  'AWS::AccountId': '000000000000',
};

const ARN_FORM: Record<string, (id: string) => string> = {
  'AWS::Lambda::Function': (id) => `arn:aws:lambda:us-east-1:000000000000:function:${id}`,
  'AWS::SQS::Queue': (id) => `arn:aws:sqs:us-east-1:000000000000:${id}`,
  'AWS::DynamoDB::Table': (id) => `arn:aws:dynamodb:us-east-1:000000000000:table/${id}`,
};

/**
 * The made-up ARN of a resource, the same whenever it is asked for.
 * @throws Error when the type's ARN form is not known here
 */
export function arnOf(logicalId: string, type: string): string {
  const form = ARN_FORM[type];
  if (!form) throw new Error(`no ARN form for ${type} (${logicalId}); add one to arnOf in tools/synthesize.ts`);
  return form(logicalId);
}

/**
 * The text behind a template value made of strings, Fn::Join, Fn::GetAtt of an Arn, and Ref.
 * @throws Error naming any other intrinsic function
 */
export function resolveText(value: unknown, resources: Record<string, { Type: string }>): string {
  if (typeof value === 'string') return value;
  const [[intrinsic, argument] = []] = Object.entries((value ?? {}) as Record<string, unknown>);
  if (intrinsic === 'Ref' && typeof argument === 'string') return PSEUDO_PARAMETERS[argument] ?? argument;
  if (intrinsic === 'Fn::Join' && Array.isArray(argument)) {
    const [separator, parts] = argument as [string, unknown[]];
    return parts.map((part) => resolveText(part, resources)).join(separator);
  }
  if (intrinsic === 'Fn::GetAtt' && Array.isArray(argument) && argument[1] === 'Arn') {
    return arnOf(argument[0], resources[argument[0]]?.Type ?? 'an unknown resource');
  }
  throw new Error(`cannot resolve ${JSON.stringify(value)} locally; teach resolveText in tools/synthesize.ts about it`);
}
