import * as z from 'zod';
import { listOf } from '../shared/list-of.ts';
import { plainText, plainTitle } from '../shared/plain-text.ts';
import { readClaim } from './claims/claim.ts';
import { evidenceSchema } from './claims/evidence.ts';

/** Version of the report's shape; stored with every section. */
export const REPORT_SCHEMA_VERSION = 1;

/** A tid; a model sometimes writes it in quotes. */
const citation = z.union([
  z.number().int().nonnegative(),
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number),
]);

const words = z.string().transform(plainText).pipe(z.string().trim().min(1));
const title = z.string().transform(plainTitle).default('');
/** What cannot be read is no claim, and is refuted for that. */
const claim = z.unknown().transform(readClaim);
const clause = z.object({ text: words, citations: listOf(citation), claim: claim.optional() });
export type Clause = z.output<typeof clause>;
const sentence = z.object({ clauses: listOf(clause) });
const paragraph = z.object({ id: title, title, sentences: listOf(sentence) });

/**
 * The shape the web client reads (`report_data`), as plain data: keys beyond it are dropped, and neither control characters nor
 * what opens a tag or ends a CDATA section gets in.
 */
export const reportSchema = z.object({ id: title, title, paragraphs: listOf(paragraph) });

export type Report = z.output<typeof reportSchema>;

/** A sentence that was taken out of a report: where it stood, and why. */
const takenOut = z.object({ paragraph: title, why: z.string() });

/** A section as it is stored: the report that its model wrote, and what its claims can be proven from. */
export const storedReportSchema = reportSchema.extend({
  /** absent in what is not checked: batches of the old pipeline, and jobs with `claims: "off"` */
  evidence: evidenceSchema.optional(),
  taken_out: z.array(takenOut).optional(),
});
export type StoredSection = z.output<typeof storedReportSchema>;

const objectOf = <P extends Record<string, unknown>>(properties: P) =>
  ({ type: 'object', properties, required: Object.keys(properties), additionalProperties: false }) as const;
const text = { type: 'string' } as const;
const arrayOf = <I>(items: I) => ({ type: 'array', items }) as const;

/** The same shape for the API's structured output; `minItems: 1` is the only bound it takes. */
export const REPORT_JSON_SCHEMA = objectOf({
  id: text,
  title: text,
  paragraphs: arrayOf(
    objectOf({
      id: text,
      title: text,
      sentences: arrayOf(
        objectOf({
          clauses: arrayOf(
            objectOf({ text, citations: { ...arrayOf({ type: 'integer' } as const), minItems: 1 } as const }),
          ),
        }),
      ),
    }),
  ),
});

/** Every tid a report cites, each once, in order of appearance. */
export function citedTids(report: Report): number[] {
  const cited = new Set<number>();
  for (const { sentences } of report.paragraphs)
    for (const { clauses } of sentences)
      for (const { citations } of clauses) for (const tid of citations) cited.add(tid);
  return [...cited];
}
