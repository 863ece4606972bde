import { runSimulation } from '@cloud-copilot/iam-simulate';
import { FUNCTION_METADATA } from '../../../lib/narratives-function.ts';
import { narrativesApp } from '../stacks.ts';
import { type Asked, arn, HERE } from './calls.ts';

interface Resource {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation properties are as many-shaped as AWS itself
  Properties: any;
  Metadata?: Record<string, unknown>;
}
interface Template {
  Resources: Record<string, Resource>;
  Outputs?: Record<string, { Value: unknown }>;
}

/** A statement of a policy, its references resolved to ARNs of one account. */
export interface Statement {
  Effect: 'Allow' | 'Deny';
  Action: string[];
  Resource: string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** The name of the state machine, which CloudFormation would make. */
export const MACHINE = 'narratives';

/** What the role of each function may do, by our name of the function, as the stacks are synthesized with the HTTP API. */
export function policiesOfFunctions(context: Record<string, unknown> = {}): Map<string, Statement[]> {
  const { stacks } = narrativesApp({ 'narratives:httpApi': 'iam', ...context }).app.synth();
  const templates = new Map(stacks.map(({ stackName, template }) => [stackName, template as Template]));
  const found = new Map<string, Statement[]>();
  for (const template of templates.values()) {
    const all = Object.values(template.Resources);
    for (const { Type, Metadata, Properties } of all) {
      const name = Type === 'AWS::Lambda::Function' && Metadata?.[FUNCTION_METADATA];
      if (typeof name !== 'string') continue;
      const [role] = Properties.Role['Fn::GetAtt'];
      const policies = all.filter(
        (policy) =>
          policy.Type === 'AWS::IAM::Policy' &&
          policy.Properties.Roles.some((one: { Ref: string }) => one.Ref === role),
      );
      const statements = policies.flatMap((policy) => policy.Properties.PolicyDocument.Statement);
      found.set(
        name,
        statements.map((statement) => resolved(statement, template, templates)),
      );
    }
  }
  return found;
}

function resolved(statement: Record<string, unknown>, template: Template, templates: Map<string, Template>): Statement {
  const { Action, Resource, ...rest } = statement;
  const texts = (value: unknown) => [value].flat().map((one) => textOf(one, template, templates));
  return { ...(rest as Pick<Statement, 'Effect' | 'Condition'>), Action: texts(Action), Resource: texts(Resource) };
}

const PSEUDO: Record<string, string> = {
  'AWS::Partition': HERE.partition,
  'AWS::Region': HERE.region,
  'AWS::AccountId': HERE.account,
};

/** The text behind a value of a template. @throws Error for an intrinsic function that is not known here */
function textOf(value: unknown, template: Template, templates: Map<string, Template>): string {
  if (typeof value === 'string') return value;
  const [[kind, of] = []] = Object.entries((value ?? {}) as Record<string, unknown>);
  const text = (part: unknown): string => textOf(part, template, templates);
  switch (kind) {
    case 'Ref':
      return PSEUDO[of as string] ?? physical(of as string, template).ref;
    case 'Fn::GetAtt':
      return physical((of as string[])[0] ?? '', template, (of as string[])[1]).attribute;
    case 'Fn::Join':
      return (of as [string, unknown[]])[1].map(text).join((of as [string])[0]);
    case 'Fn::Select': {
      const [at, { 'Fn::Split': [separator, whole] = ['', ''] }] = of as [number, Record<string, [string, unknown]>];
      return text(whole).split(separator)[at] ?? '';
    }
    case 'Fn::GetStackOutput': {
      const { StackName, OutputName } = of as Record<'StackName' | 'OutputName', string>;
      const other = templates.get(StackName) as Template;
      return textOf(other.Outputs?.[OutputName]?.Value, other, templates);
    }
    default:
      throw new Error(`${JSON.stringify(value)} cannot be resolved here`);
  }
}

/** What Ref and GetAtt give for a resource. */
function physical(id: string, { Resources }: Template, attribute = 'Arn'): { ref: string; attribute: string } {
  const { Type, Properties } = Resources[id] as Resource;
  const inStream = attribute === 'StreamArn' ? '/stream/2026-01-01T00:00:00.000' : '';
  const known: Record<string, () => [ref: string, arn: string]> = {
    'AWS::DynamoDB::Table': () => [Properties.TableName, arn('dynamodb', `table/${Properties.TableName}${inStream}`)],
    'AWS::SQS::Queue': () => [id, arn('sqs', id)],
    'AWS::Logs::LogGroup': () => [id, arn('logs', `log-group:${id}:*`)],
    'AWS::StepFunctions::StateMachine': () => [arn('states', `stateMachine:${MACHINE}`), ''],
  };
  const [ref = '', attributeValue = ''] = known[Type]?.() ?? [];
  if (ref === '') throw new Error(`the name of ${id}, ${Type}, is not known here`);
  return { ref, attribute: attributeValue };
}

/**
 * Whether a role with these statements may do that.
 * @param contextVariables what IAM knows of the request, such as the service that makes it in the name of the role
 * @throws Error for an action that there is not, or a resource of another kind
 */
export async function isAllowed(
  statements: readonly Statement[],
  { action, resource }: Asked,
  contextVariables: Record<string, string | string[]> = {},
): Promise<boolean> {
  const answer = await runSimulation(
    {
      identityPolicies: [{ name: 'role', policy: { Version: '2012-10-17', Statement: statements } }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      request: {
        principal: `arn:aws:iam::${HERE.account}:role/of-the-function`,
        action,
        resource: { resource, accountId: HERE.account },
        contextVariables,
      },
    },
    {},
  );
  if (answer.resultType === 'error') throw new Error(`${action} on ${resource}: ${JSON.stringify(answer.errors)}`);
  return answer.overallResult === 'Allowed';
}

/** Every action on every resource that statements allow, wildcards as they stand. */
export const granted = (statements: readonly Statement[]): Asked[] =>
  statements
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Action, Resource }) => Action.flatMap((action) => Resource.map((resource) => ({ action, resource }))));

/** Whether a call is one of those that a grant is for. */
export function uses(call: Asked, grant: Asked): boolean {
  const pattern = grant.resource
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return call.action === grant.action && new RegExp(`^${pattern}$`).test(call.resource);
}
