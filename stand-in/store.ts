import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { InvalidSetting } from '../lambdas/shared/errors.ts';
import type { BatchRequest, ResultFault } from './faults.ts';
import { API_VERSIONS } from './http.ts';
import { parseBatchBody } from './rules.ts';

const STATE = '.state.json';
const REQUESTS = '.requests.json';

/** ms since the epoch */
const time = z.int();
const count = z.int().min(0);
const State = z.object({
  id: z.string(),
  /** Order of arrival, from 1. */
  sequence: z.int().min(1),
  apiVersion: z.enum(API_VERSIONS),
  createdAt: time,
  expiresAt: time,
  /** When processing is done; null: never, it expires. */
  dueAt: time.nullable(),
  cancelInitiatedAt: time.nullable(),
  cancelDueAt: time.nullable(),
  endedAt: time.nullable(),
  deletedAt: time.nullable(),
  /** Set at the end: requests from this index on got `rest`, those before it were processed. */
  finished: count,
  rest: z.enum(['canceled', 'expired']),
  /** Set at the end: what became of a request, by its index, where that is not a plain success. */
  outcomes: z.record(
    z.string(),
    // written by this program alone, from the typed script
    z.custom<ResultFault>((value) => z.looseObject({ kind: z.string() }).safeParse(value).success),
  ),
  counts: z.object({ processing: count, succeeded: count, errored: count, canceled: count, expired: count }),
});

/** What the store keeps of a batch beside its requests. */
export type BatchState = z.infer<typeof State>;

/** Keeps batches somewhere that outlives the process; without a folder, nowhere. */
export interface Store {
  /** Written through to the disk on return; `body` is the create call's body as it came. */
  add(state: BatchState, body: Buffer): void;
  /** Written through to the disk on return. */
  update(state: BatchState): void;
  /** Everything kept, in order of arrival. @throws InvalidSetting naming the file that is not in the agreed shape */
  load(): { state: BatchState; requests: BatchRequest[] }[];
}

/** A store in a folder: `{id}.requests.json` as received, and `{id}.state.json`, whose presence means that the batch exists. */
export function folderStore(folder: string): Store {
  mkdirSync(folder, { recursive: true });
  const update = (state: BatchState) => writeThrough(folder, `${state.id}${STATE}`, Buffer.from(JSON.stringify(state)));
  return {
    add(state, body) {
      writeThrough(folder, `${state.id}${REQUESTS}`, body);
      update(state);
    },
    update,
    load() {
      const names = readdirSync(folder);
      for (const name of names) if (name.endsWith('.tmp')) rmSync(join(folder, name)); // a write that was cut short
      const states = names.filter((name) => name.endsWith(STATE)).map((name) => readState(join(folder, name)));
      return states
        .toSorted((a, b) => a.sequence - b.sequence)
        .map((state) => ({ state, requests: readRequests(join(folder, `${state.id}${REQUESTS}`)) }));
    },
  };
}

/** A store that keeps nothing. */
export const noStore: Store = { add: () => {}, update: () => {}, load: () => [] };

function readState(file: string): BatchState {
  return parsed(file, (value) => State.parse(value));
}

function readRequests(file: string): BatchRequest[] {
  return parsed(file, parseBatchBody);
}

function parsed<T>(file: string, parse: (value: unknown) => T): T {
  try {
    return parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    const field = cause instanceof z.ZodError ? ` at ${cause.issues[0]?.path.join('.') || 'its top'}` : '';
    throw new InvalidSetting(
      `${file} does not hold a batch of the stand-in${field}; delete the state folder or restore the file`,
      { cause },
    );
  }
}

/** Whole or not at all, also after a power cut: temporary file, fsync, rename, fsync of the folder. */
function writeThrough(folder: string, name: string, bytes: Buffer): void {
  const temporary = join(folder, `${name}.tmp`);
  const file = openSync(temporary, 'w');
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, join(folder, name));
  const directory = openSync(folder, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
