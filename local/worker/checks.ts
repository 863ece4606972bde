import { DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type pg from 'pg';
import { checkDatabase } from '../../cli/doctor/database.ts';
import { bad, type Check, type Finding, ok, runChecks, warn } from '../../cli/doctor/findings.ts';
import { checkTable, SHAPES, type TableShape } from '../../cli/doctor/tables.ts';
import { AnthropicUnavailable, NarrativesError, StoreUnavailable, whyOf } from '../../lambdas/shared/errors.ts';
import type { ModelAliases } from '../../lambdas/shared/model-aliases.ts';
import type { Batches } from '../../lambdas/stores/anthropic.ts';
import { TABLE_NAMES } from '../../lib/names.ts';

/** The script of Polis that makes the tables of Delphi. */
const MAKE_TABLES = 'make it with the script of Polis: python create_dynamodb_tables.py, in its folder delphi';

export interface CheckedParts {
  dynamo: DynamoDBClient;
  /** for messages: where that is */
  endpoint: string;
  pool: pg.Pool;
  tls: 'verify' | 'off';
  mathEnv: string;
  batches: Pick<Batches, 'knowsModel'>;
  defaultModel: string;
  aliases: ModelAliases;
  /** what the API lets the worker in by */
  access: 'key' | 'AWS credentials';
}

/** Checks all that a worker needs, as `narratives doctor` does for a deployment. The ledger and the stream are its own affair. */
export async function checkWorker(parts: CheckedParts): Promise<Finding[]> {
  const { dynamo, endpoint, pool, tls, mathEnv } = parts;
  const there = await runChecks([['DynamoDB', () => checkAnswers(dynamo, endpoint)]], asError);
  const tables = there.some(({ state }) => state === 'FAIL') ? [] : tableChecks(dynamo);
  const rest: Check[] = [
    ...tables,
    ['database', () => checkDatabase({ pool, tls }, mathEnv, 'worker')],
    ['Anthropic API', () => checkApi(parts)],
  ];
  return [...there, ...(await runChecks(rest, asError))];
}

const asError = (error: unknown): NarrativesError =>
  error instanceof NarrativesError ? error : new StoreUnavailable(whyOf(error));

async function checkAnswers(dynamo: DynamoDBClient, endpoint: string): Promise<Finding> {
  try {
    await dynamo.send(new DescribeTableCommand({ TableName: TABLE_NAMES.jobs }));
  } catch (error) {
    const { name, code, $metadata } = error as Error & { code?: string; $metadata?: { httpStatusCode?: number } };
    if (name === 'CredentialsProviderError')
      return bad('DynamoDB', 'there are no AWS credentials', 'set DYNAMODB_ENDPOINT, or give the credentials for AWS');
    if (name !== 'ResourceNotFoundException')
      return bad(
        'DynamoDB',
        `does not answer at ${endpoint} (${code ?? $metadata?.httpStatusCode ?? name})`,
        'start it, or correct DYNAMODB_ENDPOINT',
      );
  }
  return ok('DynamoDB', `answers at ${endpoint}`);
}

const TABLES = ['jobs', 'reports', 'topicNames', 'clusterAssignments'] as const;

function tableChecks(dynamo: DynamoDBClient): Check[] {
  return TABLES.map((table): Check => {
    const name = TABLE_NAMES[table];
    // the worker sees to the stream
    const { stream: _, ...shape }: TableShape = SHAPES[table];
    return [`table ${name}`, () => checkTable(dynamo, name, shape, MAKE_TABLES)];
  });
}

async function checkApi({ batches, defaultModel, aliases, access }: CheckedParts): Promise<Finding> {
  const what = 'Anthropic API';
  const model = aliases.get(defaultModel) ?? defaultModel;
  try {
    if (await batches.knowsModel(model)) return ok(what, `accepts the ${access} and knows ${model}`);
    return bad(what, `accepts the ${access}, but does not know the model ${model}`, 'set another DEFAULT_MODEL');
  } catch (error) {
    // the steps wait it out
    if (error instanceof AnthropicUnavailable) return warn(what, error.message, 'jobs wait until it answers');
    throw error;
  }
}
