import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { storedReports } from '../../lambdas/clients/stored-reports.ts';
import { unpack } from '../../lambdas/domain/packed.ts';
import { type ReportsAnswer, reportsAnswer } from '../../lambdas/domain/reports-answer.ts';
import { TABLE_NAMES } from '../../lib/contract.ts';
import type { ConversationData } from '../conversation/conversation-data.ts';
import type { Embedded } from '../embedded/embedded.ts';
import { type CitedComment, markdownReport } from './markdown.ts';

const count = z.number();
const talliesSchema = z.array(z.object({ tid: count, all: z.tuple([count, count, count, count]) }));

/** Where a report lies. */
export interface WrittenReport {
  markdown: string;
  json: string;
  answer: ReportsAnswer;
}

/** Writes a job's report as Markdown to read and as the JSON that the web client would get. */
export async function writeReport(
  embedded: Embedded,
  data: ConversationData,
  jobId: string,
  folder: string,
  notes: readonly string[],
): Promise<WrittenReport> {
  const { report_id, report_name } = data.report;
  const answer = reportsAnswer(report_id, await storedReports(embedded.db, TABLE_NAMES.reports, report_id), { jobId });
  const comments = await shownComments(embedded, data, jobId);
  mkdirSync(folder, { recursive: true });
  const markdown = join(folder, `${report_id}.md`);
  const json = join(folder, `${report_id}.json`);
  replace(markdown, markdownReport(report_name, notes, answer, comments));
  replace(json, `${JSON.stringify(answer, null, 2)}\n`);
  return { markdown, json, answer };
}

/** A reader never finds half a file. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

/** Text and tallies, as the model was shown them. */
async function shownComments(
  { world }: Embedded,
  data: ConversationData,
  jobId: string,
): Promise<Map<number, CitedComment>> {
  const text = new Map(data.comments.map(({ tid, txt }) => [tid, txt]));
  const comments = new Map<number, CitedComment>();
  for await (const { tallies } of world.ledger.askedInRound(jobId, 1)) {
    for (const { tid, all } of talliesSchema.parse(JSON.parse(unpack(tallies)))) {
      const [votes, agrees, disagrees, passes] = all;
      comments.set(tid, { txt: text.get(tid) ?? '', votes, agrees, disagrees, passes });
    }
  }
  return comments;
}
