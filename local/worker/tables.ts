import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  ResourceNotFoundException,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { TABLE_NAMES } from '../../lib/names.ts';
import type { SynthesizedNarratives } from '../machine/narratives.ts';

const WAIT_SECONDS = 30;

/**
 * Makes the ledger's table unless it exists.
 * @returns whether it was made
 * @throws what DynamoDB answers
 */
export async function createLedger(
  client: DynamoDBClient,
  { tables }: Pick<SynthesizedNarratives, 'tables'>,
): Promise<boolean> {
  const TableName = TABLE_NAMES.ledger;
  const input = tables.find((table) => table.TableName === TableName);
  if (!input) throw new Error(`the template has no table ${TableName}`);
  try {
    await client.send(new DescribeTableCommand({ TableName }));
    return false;
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
  }
  try {
    await client.send(new CreateTableCommand(input));
  } catch (error) {
    // another worker was faster
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  await waitUntilTableExists({ client, maxWaitTime: WAIT_SECONDS, minDelay: 1 }, { TableName });
  const TimeToLiveSpecification = { Enabled: true, AttributeName: 'expires_at_epoch' };
  // rows that never expire do no harm; some servers lack this
  await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification })).catch(() => undefined);
  return true;
}
