import * as z from 'zod';
import { listOf } from '../shared/list-of.ts';
import { plainText, plainTitle } from '../shared/plain-text.ts';
import { type Claim, readClaim } from './claims/claim.ts';
import { evidenceSchema } from './claims/evidence.ts';

/** Version of the answer's shape: without claims, and with them. */
export const REPORT_SCHEMA_VERSIONS = { plain: 1, claims: 2 } as const;

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
const claim = z.unknown().transform(readClaim).optional();
const clause = z.object({ text: words, citations: listOf(citation), claim });
/** The smallest part of a text that makes a statement. */
export interface Clause {
  text: string;
  citations: number[];
  claim?: Claim | undefined;
}
const sentence = z.object({ clauses: listOf(clause) });
const paragraph = z.object({ id: title, title, sentences: listOf(sentence) });

/**
 * The shape the web client reads (`report_data`), as plain data: keys beyond it are dropped, and neither control characters nor
 * what opens a tag or ends a CDATA section gets in.
 */
export const reportSchema = z.object({ id: title, title, paragraphs: listOf(paragraph) });

export interface Report {
  id: string;
  title: string;
  paragraphs: { id: string; title: string; sentences: { clauses: Clause[] }[] }[];
}

/** A sentence that was taken out of a report: where it stood, and why. */
const takenOut = z.object({ paragraph: title, why: z.string() });

/** A section as it is stored: the report that its model wrote, and what its claims can be proven from. */
export const storedReportSchema = reportSchema.extend({
  /** absent in what is not checked: batches of the old pipeline, and jobs with `claims: "off"` */
  evidence: evidenceSchema.optional(),
  taken_out: z.array(takenOut).optional(),
});
export type StoredSection = z.output<typeof storedReportSchema>;

/** A JSON schema as the API takes it. */
export interface JsonSchema {
  [keyword: string]: unknown;
  type: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: false;
  items?: JsonSchema;
  minItems?: 1;
}
const objectOf = (properties: Record<string, JsonSchema>): JsonSchema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});
const text: JsonSchema = { type: 'string' };
const arrayOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items });

function reportJsonSchema(ofClause: Record<string, JsonSchema>): JsonSchema {
  // `minItems: 1` is the only bound that the API takes
  const clauseSchema = objectOf({ text, citations: { ...arrayOf({ type: 'integer' }), minItems: 1 }, ...ofClause });
  const sentences = arrayOf(objectOf({ clauses: arrayOf(clauseSchema) }));
  return objectOf({ id: text, title: text, paragraphs: arrayOf(objectOf({ id: text, title: text, sentences })) });
}

/** The shape of a section's answer for the API's structured output. A claim is a code, as output is most of what a report costs. */
export const REPORT_JSON_SCHEMA = { plain: reportJsonSchema({}), claims: reportJsonSchema({ claim: text }) };

/** The answer to a request that asks to read claims back: a code for each clause, in their order. */
export const READ_BACK_JSON_SCHEMA: JsonSchema = objectOf({ claims: arrayOf(text) });
export const readBackSchema = z.object({ claims: listOf(z.unknown().transform(readClaim), 0) });

/** A text, whatever it is called. */
export type Text = Pick<Report, 'paragraphs'>;

/** Where a clause stands: indexes from 0. */
export interface Place {
  paragraph: number;
  sentence: number;
  clause: number;
}

/** The clauses of a text in reading order, with their places. */
export const clausesOf = ({ paragraphs }: Text): (Clause & Place)[] =>
  paragraphs.flatMap(({ sentences }, paragraph) =>
    sentences.flatMap(({ clauses }, sentence) =>
      clauses.map((inSentence, clause) => ({ ...inSentence, paragraph, sentence, clause })),
    ),
  );

/** How many sentences a text has. */
export const sentenceCount = ({ paragraphs }: Text): number =>
  paragraphs.reduce((sum, { sentences }) => sum + sentences.length, 0);

/** Every tid a text cites, each once, in order of appearance. */
export const citedTids = (text: Text): number[] => [...new Set(clausesOf(text).flatMap(({ citations }) => citations))];
