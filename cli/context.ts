import { writeFileSync } from 'node:fs';
import type { ReportsAnswer } from '../lambdas/report/reports-answer.ts';
import { jobTable } from '../lambdas/stores/jobs.ts';
import { ledgerTable } from '../lambdas/stores/ledger.ts';
import type { Conversations } from '../lambdas/stores/postgres.ts';
import { storedReports } from '../lambdas/stores/reports.ts';
import type { Cloud } from './cloud.ts';
import { conversationFrom } from './commands/submit.ts';
import type { Deployment } from './deployment.ts';
import { WrongUse } from './errors.ts';
import type { Io } from './io.ts';
import type { GlobalOptions } from './options.ts';
import { readSecret } from './secrets.ts';

/** What every command is run with. */
export interface Context {
  io: Io;
  global: GlobalOptions;
  cloud: Cloud;
  deployment: () => Promise<Deployment>;
  /** what is to be closed at the end */
  closing: (() => unknown)[];
}

/** The tables that new jobs are put into. */
export const tableNames = ({ JobTableName: jobs, LedgerTableName: ledger }: Deployment) => ({ jobs, ledger });

/** The tables that tell of a job. */
export const tables = ({ cloud: { db } }: Context, { JobTableName, LedgerTableName }: Deployment) => ({
  jobs: jobTable(db, JobTableName),
  ledger: ledgerTable(db, LedgerTableName),
});

/** Reads the stored sections of a report. */
export async function reader(context: Context) {
  const { ReportsTableName } = await context.deployment();
  return { stored: (reportId: string) => storedReports(context.cloud.db, ReportsTableName, reportId) };
}

/** Polis' PostgreSQL, closed at the end. */
async function database(context: Context) {
  const { DatabaseSecretName: secretName, MathEnv: mathEnv, DatabaseTls: tls } = await context.deployment();
  const { openDatabase } = await import('./database.ts');
  const secret = () => readSecret(context.cloud.secrets, secretName);
  const opened = await openDatabase(context.io.env, { secretName, secret, mathEnv, tls });
  context.closing.push(() => opened.close());
  return opened;
}

/** The database, where its absence says what else can be done. */
export const conversations = async (context: Context): Promise<Pick<Conversations, 'report'>> =>
  conversationFrom((await database(context)).conversations);

/** Texts of comments are in the database only: they are read where DATABASE_URL says that it is reachable. */
export async function markdown(context: Context, answer: ReportsAnswer): Promise<string> {
  const { reportMarkdown } = await import('./commands/report-text.ts');
  const { ledger } = tables(context, await context.deployment());
  const texts = new Map<number, string>();
  if (context.io.env.DATABASE_URL) {
    const polis = (await database(context)).conversations;
    const report = await polis.report(answer.request_report_id);
    for (const { tid, txt } of report ? await polis.comments(report.zid, report.rid) : []) texts.set(tid, txt);
  }
  return reportMarkdown(ledger, answer, texts);
}

/** @throws WrongUse when the file cannot be written */
export function writeOut(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new WrongUse(`--out ${file} cannot be written (${(error as NodeJS.ErrnoException).code})`, { cause: error });
  }
}
