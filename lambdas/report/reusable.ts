import * as z from 'zod';
import { microUsd } from '../money/money.ts';
import { type Plan, type Reuse, reusedFromSchema } from '../shared/ledger-rows.ts';
import { jsonOrUndefined } from '../shared/parse.ts';
import type { BoughtText, ReportKey } from './row.ts';
import { citedTids, reportSchema } from './shape.ts';

/** What a text must have been made with to replace one that would be bought now. */
export type MadeWith = Pick<Plan, 'model' | 'prompt_version' | 'schema_version'>;

const rowSchema = z.object({
  rid_section_model: z.string(),
  timestamp: z.string(),
  job_id: z.string(),
  section: z.string(),
  model: z.string(),
  batch_id: z.string().catch(''),
  // a section that failed has a row, too
  errors: z.never().optional(),
  report_data: z.string().optional(),
  metadata: z.object({
    prompt_hash: z.string(),
    prompt_version: z.string(),
    schema_version: z.number(),
    cost_usd: z.number().nonnegative().transform(microUsd).optional().catch(undefined),
    reused_from: reusedFromSchema.optional().catch(undefined),
  }),
});

/** Whether a row of the reports table, with its text or without, may hold a text to use again. @returns its key and prompt hash */
export function reusableRow(row: unknown, made: MadeWith): { key: ReportKey; prompt_hash: string } | undefined {
  const found = goodRow(row, made);
  if (!found) return undefined;
  const { rid_section_model, timestamp, metadata } = found;
  return { key: { rid_section_model, timestamp }, prompt_hash: metadata.prompt_hash };
}

/**
 * The text of a whole row, with where it was bought and what it cost. A text that was itself reused names the job that
 * paid for it.
 * @param asked the section to be filled: the row must be of the same prompt, and cite only what that prompt shows
 * @returns undefined when the row is damaged or of something else
 */
export function reusableText(
  row: unknown,
  made: MadeWith,
  asked: { prompt_hash?: string | undefined; shown: readonly number[] },
): BoughtText | undefined {
  const found = goodRow(row, made);
  if (!found || found.metadata.prompt_hash !== asked.prompt_hash) return undefined;
  const report = reportSchema.safeParse(jsonOrUndefined(found.report_data ?? '')).data;
  const shown = new Set(asked.shown);
  if (!report || citedTids(report).some((tid) => !shown.has(tid))) return undefined;
  const { job_id, section, timestamp, batch_id, metadata } = found;
  const from = metadata.reused_from ?? { job_id, section, timestamp };
  return { report, section, batch_id, from, cost: metadata.cost_usd };
}

/** What the ledger keeps of a text that will be reused. */
export const reuseOf = (key: ReportKey, { from, cost }: BoughtText): Reuse => ({ key, from, saved_micro_usd: cost });

function goodRow(row: unknown, { model, prompt_version, schema_version }: MadeWith) {
  const found = rowSchema.safeParse(row).data;
  const same =
    found?.model === model &&
    found.metadata.prompt_version === prompt_version &&
    found.metadata.schema_version === schema_version;
  return same ? found : undefined;
}
