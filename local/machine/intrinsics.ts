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
  if (!form) throw new Error(`no ARN form for ${type} (${logicalId}); add one to local/machine/intrinsics.ts`);
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
  throw new Error(`cannot resolve ${JSON.stringify(value)} locally; teach local/machine/intrinsics.ts about it`);
}
