import { sendOnce } from '../../lambdas/batch/send.ts';
import { requestOf } from '../../lambdas/batch/split.ts';
import type { BatchEntry } from '../../lambdas/shared/ledger-rows.ts';
import type { BatchStatus, SendAnswer } from '../../lambdas/stores/anthropic.ts';
import { memoryLedger, memoryLog } from './fakes.ts';
import { askedRow, batchStatus, plan } from './make.ts';

export const INTENT_AT = Date.parse('2026-11-22T10:00:00.000Z');
export const REQUESTS = [0, 1].map((ordinal) => requestOf(plan(), askedRow(ordinal)));
export const sent = { kind: 'sent', batch: batchStatus('msgbatch_new', 2) } satisfies SendAnswer;

export interface World {
  /** what an earlier attempt left in the ledger */
  known?: BatchEntry;
  /** what the API's list shows, newest first */
  listed?: BatchStatus[];
  answer?: SendAnswer | Error;
  /** seconds since the intent */
  age?: number;
  owners?: Record<string, string>;
}

/** `sendOnce` in a world; `calls` are the writes and calls in their order. */
export function world({ known, listed = [], answer = sent, age = 0, owners = {} }: World) {
  const calls: string[] = [];
  const memory = memoryLedger(known ? [known] : [], (call) => calls.push(call));
  for (const [id, owner] of Object.entries(owners)) memory.owners.set(id, owner);
  const sinces: string[] = [];
  const batches = {
    async send() {
      calls.push('send');
      if (answer instanceof Error) throw answer;
      return answer;
    },
    async createdSince(since: string) {
      sinces.push(since);
      return listed.filter(({ created_at }) => created_at >= since);
    },
    knowsModel: () => Promise.reject(new Error('not needed')),
    status: () => Promise.reject(new Error('not needed')),
    cancel: () => Promise.reject(new Error('not needed')),
    results: () => Promise.reject(new Error('not needed')),
  };
  const deps = { ledger: memory.ledger, batches, log: memoryLog().log, now: () => new Date(INTENT_AT + age * 1000) };
  /** @param seen what the step read of the ledger before */
  const run = (seen: { known: BatchEntry | undefined } = { known }) =>
    sendOnce(deps, plan(), { round: 1, part: 0, requests: REQUESTS, ...seen });
  return { ...memory, calls, sinces, run, entry: () => [...memory.entries.values()] };
}
