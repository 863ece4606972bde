import { EventEmitter } from 'node:events';
import type { Claim } from '../../lambdas/report/claims/claim.ts';
import { TABLE_NAMES } from '../../lib/names.ts';
import { stepWorld } from '../../local/embedded/steps.ts';
import type { StartedJob } from '../../local/page/api-routes.ts';
import { type LocalAppDeps, localApp } from '../../local/page/app.ts';
import { appStores } from '../../local/page/stores.ts';
import { memoryLog, REPORT, reportRow } from './make.ts';
import { clientOf, MemoryDb } from './memory/dynamodb.ts';
import { smallConversation } from './small-conversation.ts';

type Row = Record<string, unknown>;

export const NOW = '2026-11-22T10:00:00.000Z';
/** Where the page is asked for. */
export const HOST = 'localhost:8787';

/** The page over tables in memory, and what it has done. */
export function pageWorld(
  { jobs: rows = [], reports = [] }: { jobs?: readonly Row[]; reports?: readonly object[] } = {},
  change: Partial<LocalAppDeps> = {},
) {
  const db = new MemoryDb();
  const put = (TableName: string, Item: Row) =>
    db.apply({ constructor: { name: 'PutCommand' }, input: { TableName, Item } });
  for (const row of rows) put(TABLE_NAMES.jobs, row);
  for (const row of reports) put(TABLE_NAMES.reports, { ...row });
  const { log, lines } = memoryLog();
  const nothing = {} as never;
  const settings = {
    defaultModel: 'claude-sonnet-5-5',
    jobBudget: undefined,
    dayBudget: 2_500_000,
    unpricedModels: [],
    modelAliases: new Map(),
    unknownModel: 'use default' as const,
    claims: true,
    claimsReadBack: false,
    ledgerDays: 30,
  };
  const world = stepWorld({
    db: clientOf(db),
    pool: nothing,
    anthropic: nothing,
    log,
    settings,
    now: () => new Date(NOW),
  });
  const started: StartedJob[] = [];
  const deps: LocalAppDeps = {
    ...appStores(clientOf(db), { ...world, conversations: smallConversation }, false),
    stage: '',
    maySpend: true,
    busy: () => undefined,
    onJob: (job) => void started.push(job),
    loaded: [],
    changes: new EventEmitter(),
    ...change,
  };
  const app = localApp(deps);
  const ask = (path: string, init: RequestInit & { headers?: Record<string, string> } = {}) =>
    app.request(`http://${HOST}${path}`, { ...init, headers: { host: HOST, ...init.headers } });
  return {
    deps,
    db,
    lines,
    started,
    get: ask,
    ask,
    html: async (path: string) => (await ask(path)).text(),
    /** Sends a form as a browser does from one of the pages. */
    post: (path: string, fields: Record<string, string> = {}, headers: Record<string, string> = {}) =>
      ask(path, {
        method: 'POST',
        headers: { origin: `http://${HOST}`, 'sec-fetch-site': 'same-origin', ...headers },
        body: new URLSearchParams(fields),
      }),
    row: (jobId: string): Row => db.rows(TABLE_NAMES.jobs).find(({ job_id }) => job_id === jobId) ?? {},
    jobs: () => db.rows(TABLE_NAMES.jobs),
  };
}

/** A clause with the votes that prove it. */
export interface MadeClause {
  text?: string;
  claim?: Claim;
  citations: number[];
}
type Counts = [agrees: number, disagrees: number, passes: number];

/** A section of a run as the reports table has it. @param votes by tid: of all participants, then of each group */
export function sectionRow(
  job_id: string,
  clauses: readonly MadeClause[],
  votes: Record<number, Counts[]> = {},
  change: { section?: string; title?: string; sizes?: [number, number] } = {},
) {
  const { section = 'batch_re_global_groups', title = 'Groups', sizes = [60, 40] } = change;
  const groups = ['A', 'B'].map((letter, at) => ({ letter, label: `Group ${letter}`, size: sizes[at] ?? 0 }));
  const sentences = clauses.map(({ text = 'Most agree.', ...clause }) => ({ clauses: [{ text, ...clause }] }));
  const report_data = JSON.stringify({
    id: section,
    title,
    paragraphs: [{ id: 'p', title: '', sentences }],
    evidence: { groups, votes },
  });
  // a job's id is part of the key only by its time: two runs in one table need different times
  return reportRow({ report_id: REPORT, job_id, section, report_data });
}
