import { marshall } from '@aws-sdk/util-dynamodb';
import type { ReportRow } from '../../lambdas/report/row.ts';
import { type Answered, type AskedFacts, askedFactsSchema, type Unfiled } from '../../lambdas/shared/ledger-rows.ts';
import { entry } from '../../lambdas/shared/names.ts';
import type { CollectDeps } from '../../lambdas/steps/collect/round.ts';
import { planned } from '../system/hostile/sections.ts';
import { rowText } from './readers.ts';

type Row = Record<string, unknown>;
const LARGEST_ITEM = 400 * 1024;

/** Throws where DynamoDB would refuse a row: too large, or text that is no UTF-8. */
export function checkItem(row: Row): void {
  const size = sizeOf(marshall(row, { removeUndefinedValues: true }));
  if (size > LARGEST_ITEM) throw new Error(`an item of ${size} bytes is too large`);
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new Error('half of a surrogate pair in an item');
    return Buffer.byteLength(value);
  }
  if (value instanceof Uint8Array) return value.length;
  if (typeof value !== 'object' || value === null) return 1;
  return Object.entries(value).reduce((sum, [key, inner]) => sum + Buffer.byteLength(key) + sizeOf(inner), 3);
}

/** What becomes of the n-th write: how many of its rows are written before it fails; undefined: all, and it does not fail. */
export type Trouble = (write: number, rows: number) => number | undefined;

/**
 * The ledger and the reports of one job in memory, as strict as DynamoDB with what it takes.
 * @param pause how long a call takes: calls end in another order than they began
 */
export function memoryStore(
  sections: number,
  { pause = async () => {}, keep = true }: { pause?: () => Promise<void>; keep?: boolean } = {},
) {
  const { plan, asked, batch } = planned(sections);
  const facts = new Map(asked.map((row): [number, AskedFacts] => [row.ordinal, askedFactsSchema.parse(row)]));
  const ledger = new Map<string, Row>();
  const reports = new Map<string, ReportRow>();
  const state = { batch, trouble: (() => undefined) as Trouble, writes: 0 };

  async function write<R extends Row>(table: Map<string, R>, keyOf: (row: R) => string, rows: readonly R[]) {
    if (rows.length === 0) return;
    await pause();
    const fails = state.trouble(state.writes++, rows.length);
    for (const row of rows.slice(0, fails)) {
      checkItem(row);
      if (keep) table.set(keyOf(row), row);
    }
    await pause();
    if (fails !== undefined) throw new Error('the process was lost');
  }
  async function* rowsOf<T>(prefix: string): AsyncGenerator<T> {
    for (const key of [...ledger.keys()].filter((each) => each.startsWith(prefix)).sort()) yield ledger.get(key) as T;
  }
  const putEntries = (rows: readonly Row[]) => write(ledger, ({ entry: key }) => String(key), rows);
  const deps = {
    ledger: {
      plan: async () => plan,
      batches: async () => [state.batch],
      updateBatch: async (row: typeof batch) => {
        state.batch = row;
      },
      askedFacts: async (_job: string, _round: number, ordinals: readonly number[]) => {
        await pause();
        return new Map(
          ordinals.flatMap((ordinal) => (facts.has(ordinal) ? [[ordinal, facts.get(ordinal) as AskedFacts]] : [])),
        );
      },
      answer: async (_job: string, round: number, ordinal: number) => {
        await pause();
        return ledger.get(entry.answered(round, ordinal)) as Answered | undefined;
      },
      answers: (_job: string, round: number) => rowsOf<Answered>(entry.answeredInRound(round)),
      unfiled: () => rowsOf<Unfiled>(entry.unfiledAll),
      putAnswers: putEntries,
      putUnfiled: putEntries,
    },
    reports: {
      write: (rows: ReportRow[]) =>
        write<ReportRow & Row>(reports as never, ({ rid_section_model }) => rid_section_model, rows as never),
    },
    spending: { settle: async () => {} },
    log: { info: () => {}, warn: () => {}, error: () => {} },
    metrics: { add: () => {} },
    now: () => new Date('2026-11-22T11:00:00Z'),
    remainingMs: () => Number.POSITIVE_INFINITY,
  };
  return {
    plan,
    deps: deps as unknown as Omit<CollectDeps, 'batches'>,
    state,
    answered: () =>
      [...ledger.values()].filter((row) => String(row.entry).startsWith('answered#')) as unknown as Answered[],
    unfiled: () =>
      [...ledger.values()].filter((row) => String(row.entry).startsWith('unfiled#')) as unknown as Unfiled[],
    reports: () => [...reports.values()],
    /** Takes the batch for one that was not collected yet: the step is to be run again. */
    again: () => {
      state.batch = { ...state.batch, state: 'ended' };
    },
    /** Every row as text, in a stable order, for comparing. */
    rows: () => ({
      ledger: [...ledger.values()].map(rowText).sort(),
      reports: [...reports.values()].map(rowText).sort(),
    }),
  };
}

export type MemoryStore = ReturnType<typeof memoryStore>;
