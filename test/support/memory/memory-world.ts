import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { topicTableInputs } from '../../../local/embedded/polis.ts';
import { type StepWorld, stepWorld } from '../../../local/embedded/steps.ts';
import { synthNarratives } from '../../../local/machine/template.ts';
import { smallConversation, topicRows } from '../small-conversation.ts';
import type { MemoryApi } from './memory-api.ts';
import type { Command, MemoryDb } from './memory-db.ts';

export const narratives = synthNarratives();
export const TABLES: CreateTableCommandInput[] = [...narratives.tables, ...topicTableInputs];
export const MODEL = 'claude-sonnet-5-5';

/** Lets a call take place, each at a moment of its own. @param what for a trace */
export type Call = <T>(what: string, act: () => T) => Promise<T>;

/** Every call takes place as it is made. */
export const atOnce: Call = async (_what, act) => act();

/** A document client of the tables in memory. */
export function clientOf(db: MemoryDb, call: Call): DynamoDBDocumentClient {
  const send = (command: Command) => call(command.constructor.name, () => db.apply(command));
  return { send } as unknown as DynamoDBDocumentClient;
}

/** Fills the tables of the Delphi topic pipeline. */
export function putTopics(db: MemoryDb): void {
  for (const [TableName, Item] of topicRows)
    db.apply({ constructor: { name: 'PutCommand' }, input: { TableName, Item } });
}

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** The real steps' clients over tables and batches in memory, for the small conversation. */
export function memoryWorld(parts: { db: MemoryDb; api: MemoryApi; call: Call; now: () => number }): StepWorld {
  const { db, api, call, now } = parts;
  const settings = {
    defaultModel: MODEL,
    jobBudget: undefined,
    dayBudget: undefined,
    unpricedModels: [],
    ledgerDays: 30,
  };
  const nothing = {} as never;
  const world = stepWorld({
    db: clientOf(db, call),
    pool: nothing,
    anthropic: nothing,
    log: silent,
    settings,
    now: () => new Date(now()),
  });
  const batches = api.port('ours', (act) => call('batches', act));
  return { ...world, conversations: smallConversation, batches: { ...world.batches, ...batches } };
}
