import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { publish } from '../../../../lambdas/job/publish.ts';
import { summarize } from '../../../../lambdas/job/summary.ts';
import type { ReportRow } from '../../../../lambdas/report/row.ts';
import type { Answered, Unfiled } from '../../../../lambdas/shared/ledger-rows.ts';
import { entry } from '../../../../lambdas/shared/names.ts';
import { collect } from '../../../../lambdas/steps/collect/collect.ts';
import { documentClient } from '../../../../lambdas/stores/dynamodb.ts';
import { ledgerTable } from '../../../../lambdas/stores/ledger.ts';
import { reportsTable } from '../../../../lambdas/stores/reports.ts';
import { type EmbeddedDynamo, startDynamo } from '../../../../local/embedded/dynamodb.ts';
import { createTables, type Tables } from '../../../../perf/data/tables.ts';
import { allRows, rowText } from '../../../support/readers.ts';
import { expectAllHolds } from './holds.ts';
import { hostileLine, streamOf } from './lines.ts';
import { memoryStore, planned, replayable, SEED, STATE } from './store.ts';

const LINES = 1_000;
const SECTIONS = 300;

let dynamo: EmbeddedDynamo;
let tables: Tables;
beforeAll(async () => {
  dynamo = await startDynamo({ endpoint: process.env.DYNAMODB_ENDPOINT });
  tables = await createTables(dynamo.client, `hostile_${process.pid}`);
});
afterAll(() => dynamo?.stop());

test('1,000 hostile lines leave the same rows in DynamoDB as in memory', async () => {
  await replayable(async () => {
    const lines = fc.sample(hostileLine(SECTIONS), { numRuns: LINES, seed: SEED });
    const db = documentClient(dynamo.client);
    const ledger = ledgerTable(db, tables.ledger);
    const { plan, sections, requests, batch } = planned(SECTIONS);
    await ledger.writePlan(plan, sections, [], requests);
    await ledger.putIntent(batch);
    const store = memoryStore(SECTIONS);
    const batches = { results: async () => streamOf(lines) };
    await collect({ ...store.deps, batches }, STATE);
    await collect({ ...store.deps, batches, ledger }, STATE);
    const reportsOf = reportsTable(db, tables.reports);
    await publish({ ledger, reports: reportsOf }, plan, await summarize(ledger, plan));

    const entries = (await allRows(db, tables.ledger)) as { entry: string }[];
    const answered = entries.filter((row) => row.entry.startsWith(entry.answeredInRound(1))) as Answered[];
    const unfiled = entries.filter((row) => row.entry.startsWith(entry.unfiledAll)) as Unfiled[];
    const reports = (await allRows(db, tables.reports)) as unknown as ReportRow[];
    expectAllHolds(lines, { plan, answered, unfiled, reports });
    expect(byKey(answered)).toEqual(byKey(store.answered()));
    expect(byKey(unfiled)).toEqual(byKey(store.unfiled()));
    expect(byKey(reports)).toEqual(byKey(await store.reports()));
  });
});

const byKey = (rows: readonly object[]): string[] => rows.map(rowText).sort();
