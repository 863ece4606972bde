import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const text = z.string().min(1);
const clause = z.strictObject({ text, citations: z.array(z.number().int().min(0)).min(1).max(10) });
const paragraph = z.strictObject({
  id: text,
  title: z.string(),
  sentences: z.array(z.strictObject({ clauses: z.array(clause).min(1) })).min(1),
});
const reportData = z.strictObject({ id: text, title: text, paragraphs: z.array(paragraph).min(1) });

/** The body of `GET /api/v3/delphi/reports`, nothing missing and nothing beside it. */
const answer = z.strictObject({
  status: z.literal('success'),
  message: text,
  request_report_id: text,
  reports: z.record(
    text,
    z.strictObject({
      section: text,
      model: text,
      timestamp: z.iso.datetime(),
      report_data: text.transform((json) => reportData.parse(JSON.parse(json))),
      job_id: text,
      metadata: z.looseObject({}),
    }),
  ),
  current_job_id: text,
  available_runs: z.array(
    z.strictObject({
      job_id: text,
      latest_timestamp: z.iso.datetime(),
      model: text,
      sectionCount: z.number().int().positive(),
      isCurrent: z.boolean(),
    }),
  ),
});

/** The two files of the one report in a folder. @throws ZodError when the JSON is not the server's answer */
export function reportIn(folder: string) {
  const names = readdirSync(folder).sort();
  const read = (end: string) => readFileSync(join(folder, names.find((name) => name.endsWith(end)) ?? ''), 'utf8');
  const json = read('.json');
  return { names, markdown: read('.md'), json, answer: answer.parse(JSON.parse(json)) };
}
