/** One action on one resource, as IAM is asked about it. */
export interface Asked {
  action: string;
  resource: string;
}

/** The same, by one of our functions. */
export interface FunctionCall extends Asked {
  function: string;
}

/** Where everything is: the emulator's account and region. */
export const HERE = { partition: 'aws', region: 'us-east-1', account: '000000000000' };
/** What Secrets Manager puts behind a secret's name. */
const SECRET_SUFFIX = '-AbCdEf';

export const arn = (service: string, rest: string): string =>
  `arn:${HERE.partition}:${service}:${HERE.region}:${HERE.account}:${rest}`;

/** What a call says, as far as IAM looks at it. */
interface Input {
  TableName?: string;
  IndexName?: string;
  RequestItems?: object;
  TransactItems?: Record<string, { TableName?: string }>[];
  SecretId?: string;
  stateMachineArn?: string;
  executionArn?: string;
}

/** The actions that a transaction's items need; there is none for the transaction itself. */
const IN_A_TRANSACTION: Record<string, string> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
};

/**
 * What a call to AWS asks IAM.
 * @param operation as the service names it, such as `PutItem`
 * @throws Error for one that is not known here
 */
export function askedBy(operation: string, input: Input): Asked[] {
  const table = (name: string | undefined) => arn('dynamodb', `table/${name}`);
  const { TableName, IndexName, RequestItems, TransactItems, SecretId } = input;
  const resource = input.executionArn ?? input.stateMachineArn;
  if (TransactItems)
    return TransactItems.flatMap(Object.entries<{ TableName?: string }>).map(([kind, item]) => ({
      action: `dynamodb:${IN_A_TRANSACTION[kind]}`,
      resource: table(item.TableName),
    }));
  if (RequestItems)
    return Object.keys(RequestItems).map((name) => ({ action: `dynamodb:${operation}`, resource: table(name) }));
  if (TableName)
    return [
      { action: `dynamodb:${operation}`, resource: `${table(TableName)}${IndexName ? `/index/${IndexName}` : ''}` },
    ];
  if (resource) return [{ action: `states:${operation}`, resource }];
  if (SecretId)
    return [
      { action: `secretsmanager:${operation}`, resource: arn('secretsmanager', `secret:${SecretId}${SECRET_SUFFIX}`) },
    ];
  throw new Error(`what ${operation} asks IAM is not known here`);
}

/** Actions of Claude Platform on AWS, by what the simulation calls the endpoints that they open. */
const WORKSPACE_ACTIONS: Record<string, string> = {
  models: 'GetModel',
  create: 'CreateBatchInference',
  retrieve: 'GetBatchInference',
  results: 'GetBatchInference',
  list: 'ListBatchInferences',
  cancel: 'CancelBatchInference',
};

/** What a call to the Anthropic API asks IAM where it goes to a workspace of Claude Platform on AWS. */
export const askedByApi = (endpoint: string, workspaceId: string): Asked => ({
  action: `aws-external-anthropic:${WORKSPACE_ACTIONS[endpoint]}`,
  resource: arn('aws-external-anthropic', `workspace/${workspaceId}`),
});

/** Each different call once. */
export const distinct = <T extends object>(calls: readonly T[]): T[] => [
  ...new Map(calls.map((call) => [JSON.stringify(call), call])).values(),
];
