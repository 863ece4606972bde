import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const text = z.string().min(1);
const clause = z.strictObject({
  text,
  citations: z.array(z.number().int().min(0)).max(10),
  claim: z.unknown().optional(),
});
const paragraph = z.strictObject({
  id: text,
  title: z.string(),
  sentences: z.array(z.strictObject({ clauses: z.array(clause).min(1) })).min(1),
});
const reportData = z.strictObject({
  id: text,
  title: text,
  paragraphs: z.array(paragraph).min(1),
  evidence: z.unknown().optional(),
  taken_out: z.array(z.unknown()).optional(),
});

const clausesIn = ({ paragraphs }: z.output<typeof reportData>) =>
  paragraphs.flatMap(({ sentences }) => sentences.flatMap(({ clauses }) => clauses));

/** The body of `GET /api/v3/delphi/reports`, nothing missing and nothing beside it. */
const answer = z.strictObject({
  status: z.literal('success'),
  message: text,
  request_report_id: text,
  reports: z.record(
    text,
    z
      .strictObject({
        section: text,
        model: text,
        timestamp: z.iso.datetime(),
        report_data: text.transform((json) => reportData.parse(JSON.parse(json))),
        job_id: text,
        metadata: z.looseObject({}),
        errors: z.string().startsWith('no_comments').optional(),
      })
      // a section without a text cites nothing, any other supports every clause
      .refine(
        ({ errors, report_data }) =>
          errors !== undefined || clausesIn(report_data).every(({ citations }) => citations.length > 0),
      ),
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

/** Comments that the report cites, and those that its Markdown lists with text and votes: both in order. */
export function citationsIn({ answer, markdown }: ReturnType<typeof reportIn>): { cited: number[]; listed: number[] } {
  const cited = Object.values(answer.reports).flatMap(({ report_data }) =>
    clausesIn(report_data).flatMap(({ citations }) => citations),
  );
  const listed = markdown.matchAll(
    /^\[\^(\d+)\]: \*\*\1\*\* .+ \(all (?:\d+ agree \(\d+%\), .*|no votes); Group A (\d+ agree|no votes)/gm,
  );
  const inOrder = (tids: Iterable<number>) => [...new Set(tids)].sort((a, b) => a - b);
  return { cited: inOrder(cited), listed: inOrder([...listed].map(([, tid]) => Number(tid))) };
}

/** The three files of the one report in a folder. @throws ZodError when the JSON is not the server's answer */
export function reportIn(folder: string) {
  const names = readdirSync(folder).sort();
  const read = (end: string) => readFileSync(join(folder, names.findLast((name) => name.endsWith(end)) ?? ''), 'utf8');
  const json = read('.json');
  return { names, html: read('.html'), markdown: read('.md'), json, answer: answer.parse(JSON.parse(json)) };
}
