import { DeleteTableCommand, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import * as lib from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documentClient } from '../../../lambdas/stores/dynamodb.ts';
import { createTables, type EmbeddedDynamo, startDynamo } from '../../../local/embedded/dynamodb.ts';
import { TABLES } from '../../support/memory/dynamodb.ts';
import { play } from '../../system/beside/scenario.ts';

let dynamo: EmbeddedDynamo;
let real: lib.DynamoDBDocumentClient;
beforeAll(async () => {
  dynamo = await startDynamo({});
  real = documentClient(dynamo.client);
});
afterAll(() => dynamo?.stop());

const COMMANDS: Record<string, unknown> = lib;

/** Makes one call, named as in a record. */
async function callReal(name: string, input: object): Promise<unknown> {
  const Command = COMMANDS[name] as new (input: object) => lib.GetCommand;
  try {
    return await real.send(new Command(input));
  } catch (error) {
    return { error: (error as Error).name };
  }
}

/** What matters of an answer, as text: keys in order, rows of equal rank in any. */
function shown(answer: unknown): string {
  const { Item, Items, Attributes, Responses, error, CancellationReasons } = answer as Record<string, unknown>;
  return canonical({ Item, Items, Attributes, Responses, error, CancellationReasons });
}

function canonical(value: unknown): string {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'nothing';
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return `{${entries
    .map(([name, one]) => `${name}:${canonical(one)}`)
    .sort()
    .join()}}`;
}

const sorted = (rows: unknown[] = []): string[] => rows.map(canonical).sort();

async function freshTables(): Promise<void> {
  const { TableNames = [] } = await dynamo.client.send(new ListTablesCommand({}));
  for (const TableName of TableNames) await dynamo.client.send(new DeleteTableCommand({ TableName }));
  await createTables(dynamo.client, TABLES);
}

/** Each kind of call with how it ended. */
const seen = new Set<string>();

describe('the tables in memory', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'answer every call of both sides as a real DynamoDB does (seed %i)',
    async (seed) => {
      await freshTables();
      const { calls, db } = await play(seed, { recording: true });
      for (const [index, { command, input, answer }] of calls.entries()) {
        const answered = await callReal(command, input);
        seen.add(`${command} ${(answer as { error?: string }).error ?? 'done'}`);
        expect(shown(answered), `call ${index}: ${command} ${JSON.stringify(input)}`).toBe(shown(answer));
      }
      for (const { TableName = '' } of TABLES) {
        const { Items } = await real.send(new lib.ScanCommand({ TableName }));
        expect(sorted(Items), TableName).toEqual(sorted(db.rows(TableName)));
      }
    },
  );

  it('and conditions that held were among them as well as conditions that did not', () => {
    const some = ['UpdateCommand done', 'UpdateCommand ConditionalCheckFailedException', 'TransactWriteCommand done'];
    expect([...seen]).toEqual(expect.arrayContaining(some));
  });
});
