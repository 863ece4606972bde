import type { BatchRequest } from '../../../lambdas/report/request.ts';
import { BatchNotFound } from '../../../lambdas/shared/errors.ts';
import type { Batches, BatchStatus } from '../../../lambdas/stores/anthropic.ts';
import { type StepWorld, stepWorld } from '../../../local/embedded/steps.ts';
import { report, succeeded } from '../answers.ts';
import { smallConversation, topicRows } from '../small-conversation.ts';
import { type Call, clientOf, type MemoryDb } from './dynamodb.ts';

export const MODEL = 'claude-sonnet-5-5';

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
    modelAliases: new Map(),
    unknownModel: 'use default' as const,
    // what its answers hold is not the matter there
    claims: false,
    claimsReadBack: false,
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

/** One request of a batch: its custom id, and a comment that its prompt shows. */
export interface Asking {
  custom_id: string;
  cites: number;
}

export interface SentBatch {
  id: string;
  by: string;
  created: number;
  requests: Asking[];
}

interface Options {
  now: () => number;
  /** Infinity: it never ends by itself and expires after a day */
  secondsPerBatch: (batch: number) => number;
}

const DAY_MS = 86_400_000;
const encoder = new TextEncoder();

/** Message batches in memory, as both sides use them; every request that is processed is answered well. */
export class MemoryApi {
  readonly sent: SentBatch[] = [];
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  create(by: string, requests: Asking[]): BatchStatus {
    const batch = { id: `msgbatch_${this.sent.length + 1}`, by, created: this.#options.now(), requests };
    this.sent.push(batch);
    return this.status(batch.id);
  }

  status(id: string): BatchStatus {
    const { batch, index } = this.#find(id);
    const due = batch.created + this.#options.secondsPerBatch(index) * 1000;
    const expires = batch.created + DAY_MS;
    const end = Math.min(due, expires);
    const ended = this.#options.now() >= end;
    const count = batch.requests.length;
    return {
      id,
      processing_status: ended ? 'ended' : 'in_progress',
      counts: {
        processing: ended ? 0 : count,
        succeeded: ended && due <= expires ? count : 0,
        errored: 0,
        canceled: 0,
        expired: ended && due > expires ? count : 0,
      },
      created_at: new Date(batch.created).toISOString(),
      expires_at: new Date(expires).toISOString(),
      ...(ended ? { ended_at: new Date(end).toISOString() } : {}),
    };
  }

  async *results(id: string): AsyncGenerator<Uint8Array> {
    const { counts } = this.status(id);
    for (const { custom_id, cites } of this.#find(id).batch.requests) {
      const result = counts.expired > 0 ? { type: 'expired' } : succeeded(JSON.stringify(report([cites])));
      yield encoder.encode(`${JSON.stringify({ custom_id, result })}\n`);
    }
  }

  /** The port of the steps. @param call lets a call take place, each at a moment of its own */
  port(by: string, call: <T>(act: () => T) => Promise<T>): Omit<Batches, 'cancel'> {
    return {
      knowsModel: async () => true,
      send: (requests) => call(() => ({ kind: 'sent', batch: this.create(by, requests.map(asking)) })),
      status: (id) => call(() => this.status(id)),
      createdSince: (since) =>
        call(() =>
          this.sent
            .filter(({ created }) => created >= Date.parse(since))
            .map(({ id }) => this.status(id))
            .reverse(),
        ),
      results: (id) => call(() => this.results(id)),
    };
  }

  #find(id: string): { batch: SentBatch; index: number } {
    const index = this.sent.findIndex((batch) => batch.id === id);
    const batch = this.sent[index];
    if (!batch) throw new BatchNotFound(`batch ${id} is not known`);
    return { batch, index };
  }
}

/** The first comment of a prompt's table: its lines begin with the id. */
function asking({ custom_id, params }: BatchRequest): Asking {
  const id = /\\n(\d+)\|/.exec(JSON.stringify(params.messages))?.[1];
  if (id === undefined) throw new Error(`the prompt of ${custom_id} shows no comment`);
  return { custom_id, cites: Number(id) };
}
