import * as z from 'zod';
import { command, flag, reportId, zid } from './command.ts';
import { type Scope, scopeOf, type Tables } from './erase/scope.ts';
import { type Erasure, erase as removeAll, textsOfComment, textsOfConversation } from './erase/texts.ts';
import { JobActive } from './errors.ts';
import { columns, plainLine } from './print.ts';

export const erase = command({
  name: 'erase',
  description:
    'erase the texts of a conversation, or of one comment and what was written from it, from ledger and reports; without --yes, only show what that is',
  options: [
    ['--conversation <zid>', 'zid of the conversation'],
    ['--comment <tid>', 'only what holds this comment, or was written from it'],
    ['--report <REPORT_ID>', 'also this report of the conversation, of which no job is left'],
    ['--yes', 'erase it; it cannot be undone'],
  ],
  input: z.object({
    conversation: z
      .string('is missing: give the conversation’s zid')
      .pipe(zid)
      // rows hold it without leading zeros
      .transform((digits) => String(Number(digits))),
    comment: z
      .string()
      .regex(/^\d{1,9}$/, 'should be the comment’s tid: digits')
      .transform(Number)
      .optional(),
    report: reportId.optional(),
    yes: flag,
  }),
  async run({ cloud, deployment, io, global }, { conversation, comment, report, yes }) {
    const { JobTableName, LedgerTableName, ReportsTableName } = await deployment();
    const { db } = cloud;
    const tables: Tables = { jobs: JobTableName, ledger: LedgerTableName, reports: ReportsTableName };
    const progress = (rows: number) => {
      if (!global.json) io.err(`reading the ledger: ${rows.toLocaleString('en')} rows\n`);
    };
    const scope = await scopeOf(db, tables, { zid: conversation, report }, progress);
    checkEnded(conversation, scope);
    const found =
      comment === undefined
        ? await textsOfConversation(db, tables, scope)
        : await textsOfComment(db, tables, scope, comment);
    if (yes) await removeAll(db, tables, found);
    const value = erased({ conversation, comment, yes }, scope, found);
    return { value, text: erasedText(value) };
  },
});

/** @throws JobActive when a job of the conversation may still write what is to be erased */
function checkEnded(conversation: string, { underWay }: Scope): void {
  if (underWay.length === 0) return;
  const jobs = new Map(underWay.map(({ job_id, why }) => [job_id, why]));
  const [first] = jobs.keys();
  throw new JobActive(
    `conversation ${conversation} has jobs that may still write: ${[...jobs].map(([id, why]) => `${id} ${why}`).join(', ')}; wait until they have ended (narratives watch ${first}), or cancel them (narratives cancel ${first}), then erase`,
  );
}

/** What was erased, or would be: ids and counts. */
export interface Erased {
  conversation: string;
  comment: number | null;
  /** false: nothing was changed */
  erased: boolean;
  jobs: string[];
  reports: string[];
  rows: { table: Erasure['table']; kind: string; deleted: number; replaced: number }[];
  /** keys of the sections that are deleted or say that they were removed */
  sections: string[];
}

function erased(
  { conversation, comment, yes }: { conversation: string; comment: number | undefined; yes: boolean },
  { jobs, reports }: Scope,
  found: readonly Erasure[],
): Erased {
  const rows = new Map<string, Erased['rows'][number]>();
  for (const { table, kind, put } of found) {
    const row = rows.get(`${table} ${kind}`) ?? { table, kind, deleted: 0, replaced: 0 };
    row[put ? 'replaced' : 'deleted'] += 1;
    rows.set(`${table} ${kind}`, row);
  }
  return {
    conversation,
    comment: comment ?? null,
    erased: yes,
    jobs,
    reports,
    rows: [...rows.values()],
    sections: [
      ...new Set(found.flatMap(({ table, key }) => (table === 'reports' ? (key.rid_section_model ?? []) : []))),
    ],
  };
}

function erasedText({ conversation, comment, erased: done, jobs, reports, rows, sections }: Erased): string {
  const what = comment === null ? `conversation ${conversation}` : `comment ${comment} of conversation ${conversation}`;
  const where = `looked through: ${jobs.length} jobs, and ${reports.length} reports${reports.length > 0 ? ` (${reports.join(', ')})` : ''}`;
  if (rows.length === 0) return `no text of ${what} is stored\n${plainLine(where)}`;
  const title = done ? `erased of ${what}:` : `to be erased of ${what}:`;
  const lines = rows.map(({ table, kind, deleted, replaced }) => [table, kind, String(deleted), String(replaced)]);
  return [
    title,
    columns([['TABLE', 'KIND', 'DELETED', 'REPLACED WITHOUT TEXT'], ...lines]),
    ...sections.map((key) => `  ${plainLine(key)}`),
    plainLine(where),
    ...(done ? [] : ['nothing was changed; --yes erases it']),
  ].join('\n');
}
