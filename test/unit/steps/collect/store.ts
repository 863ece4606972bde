import { publish } from '../../../../lambdas/job/publish.ts';
import { summarize } from '../../../../lambdas/job/summary.ts';
import type { ReportRow } from '../../../../lambdas/report/row.ts';
import {
  type Answered,
  type BatchEntry,
  type KnownAnswer,
  type Plan,
  type Request,
  type Section,
  sectionRow,
  type Unfiled,
} from '../../../../lambdas/shared/ledger-rows.ts';
import { customId } from '../../../../lambdas/shared/names.ts';
import type { CollectDeps } from '../../../../lambdas/steps/collect/round.ts';
import { ledgerTable, roundRow } from '../../../../lambdas/stores/ledger.ts';
import { reportsTable } from '../../../../lambdas/stores/reports.ts';
import { TABLE_NAMES } from '../../../../lib/names.ts';
import { batchEntry, JOB, plan as madePlan, section } from '../../../support/make.ts';
import { type Call, checkItem, clientOf, MemoryDb } from '../../../support/memory/dynamodb.ts';
import { rowText } from '../../../support/readers.ts';

export const BATCH = 'msgbatch_hostile';
/** Any two sections were shown different comments, and every one of them comment 0. */
export const shownTo = (ordinal: number): number[] => [0, 10 + ordinal, 11 + ordinal];

export const idOf = (ordinal: number): string => customId(JOB, 1, ordinal);

/** What submitting leaves in the ledger for a job of so many sections. */
export function planned(count: number): { plan: Plan; sections: Section[]; requests: Request[]; batch: BatchEntry } {
  const ordinals = [...Array(count).keys()];
  const batch = batchEntry({ state: 'ended', batch_id: BATCH, requests: count });
  return {
    plan: madePlan({ sections: count }),
    sections: ordinals.map((ordinal) => section(ordinal, { shown: shownTo(ordinal) })),
    requests: ordinals.map((ordinal) => ({ ordinal, part: 0, max_tokens: 8_000 })),
    batch,
  };
}

/** The hand-off that "Collect results" is given. */
export const STATE = {
  job_id: JOB,
  job_type: 'CREATE_NARRATIVE_BATCH',
  version: 1,
  execution: `${JOB}-v1`,
  first_round: 1,
  round: 1,
};

/** The seed of this run: HOSTILE_SEED, or a new one every time. */
export const SEED = Number(process.env.HOSTILE_SEED ?? Date.now() % 0x7fffffff);

/** Runs a test; when it fails, its error says how to see the same again. */
export async function replayable(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Error) error.message = `HOSTILE_SEED=${SEED} shows this again: ${error.message}`;
    throw error;
  }
}

/** What becomes of the n-th write: how many of its rows are written before it fails; undefined: all, and it does not fail. */
export type Trouble = (write: number, rows: number) => number | undefined;

type Input = { RequestItems?: Record<string, { PutRequest: { Item: object } }[]>; Item?: object };

/**
 * The ledger and the reports of one job, real ones over tables in memory.
 * @param pause how long a call takes: calls end in another order than they began
 * @param keep false: what is written is checked, and forgotten
 */
export function memoryStore(
  count: number,
  { pause = async () => {}, keep = true }: { pause?: () => Promise<void>; keep?: boolean } = {},
) {
  const { plan, sections, requests, batch } = planned(count);
  const state = { trouble: (() => undefined) as Trouble, writes: 0 };
  const db = new MemoryDb();
  const put = (TableName: string, Item: object) =>
    db.apply({ constructor: { name: 'PutCommand' }, input: { TableName, Item } });
  for (const row of [plan, batch, ...sections.map(sectionRow), roundRow(plan, 1, requests)])
    put(TABLE_NAMES.ledger, row);

  const call: Call = async (_what, act) => {
    await pause();
    const answer = act();
    await pause();
    return answer;
  };
  const memory = clientOf(db, call);
  /** Writes row by row, so that any of them can be the last one. */
  const send = async (command: { constructor: { name: string }; input: Input }) => {
    const { RequestItems = {}, Item } = command.input;
    const batched = command.constructor.name === 'BatchWriteCommand';
    if (!batched && !Item) return memory.send(command as never);
    await pause();
    const [table, writes = []] = Object.entries(RequestItems)[0] ?? [];
    const fails = state.trouble(state.writes++, batched ? writes.length : 1);
    if (!batched && fails === undefined) return memory.send(command as never);
    for (const { PutRequest } of writes.slice(0, fails)) {
      if (keep) put(table ?? '', PutRequest.Item);
      else checkItem(PutRequest.Item);
    }
    await pause();
    if (fails !== undefined) throw new Error('the process was lost');
    return {};
  };
  const client = { send } as unknown as typeof memory;
  const deps = {
    ledger: ledgerTable(client, TABLE_NAMES.ledger),
    spending: { settle: async () => {} },
    log: { info: () => {}, warn: () => {}, error: () => {} },
    metrics: { add: () => {} },
    now: () => new Date('2026-11-22T11:00:00Z'),
    remainingMs: () => Number.POSITIVE_INFINITY,
  };
  const entries = <T>(prefix: string) =>
    (db.rows(TABLE_NAMES.ledger) as unknown as (T & { entry: string })[]).filter((row) => row.entry.startsWith(prefix));
  const known = () =>
    (db.rows(TABLE_NAMES.ledger) as unknown as KnownAnswer[]).filter((row) => row.job_id.startsWith('answer:'));
  return {
    plan,
    deps: deps as unknown as Omit<CollectDeps, 'batches'>,
    state,
    batch: () => entries<BatchEntry>('batch#')[0],
    answered: () => entries<Answered>('answered#'),
    unfiled: () => entries<Unfiled>('unfiled#'),
    known,
    /** The rows of the report that is published from what was collected. */
    async reports(): Promise<ReportRow[]> {
      const ledger = ledgerTable(memory, TABLE_NAMES.ledger);
      await publish(
        { ledger, reports: reportsTable(memory, TABLE_NAMES.reports) },
        plan,
        await summarize(ledger, plan),
      );
      return db.rows(TABLE_NAMES.reports) as unknown as ReportRow[];
    },
    /** Takes the batch for one that was not collected yet: the step is to be run again. */
    again: () => put(TABLE_NAMES.ledger, batch),
    /** Every row as text, in a stable order, for comparing. */
    rows: () => [...entries<Answered>('answered#'), ...entries<Unfiled>('unfiled#'), ...known()].map(rowText).sort(),
  };
}

export type MemoryStore = ReturnType<typeof memoryStore>;
