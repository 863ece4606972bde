import * as z from 'zod';
import { jsonOrUndefined } from '../shared/parse.ts';
import type { StoredReport } from './stored-report.ts';

/**
 * What a section's metadata may tell the world: nothing that is not in this list. Rows of other pipelines hold whatever
 * they were given, and a conversation's number (zid) must not reach a client.
 */
const PUBLIC_METADATA: ReadonlySet<string> = new Set([
  'section_kind',
  'section_title',
  'topic_key',
  'topic_name',
  'layer',
  'layer_id',
  'cluster_id',
  'prompt_version',
  'schema_version',
  'comments_shown',
  'comments_cited',
  'comment_count',
  'model_name',
  'generated_at',
  'simulated',
]);

const mapSchema = z.record(z.string(), z.unknown());
const CONVERSATION = /^(zid|conv(ersation)?_?(id|zid)|conversation)$/i;
const HIDDEN = 'x';

/** Rows of one report as they may leave the house: without the conversation's number, wherever a row says what it is. */
export function publicRows(rows: readonly StoredReport[]): StoredReport[] {
  const hide = zidHider(rows);
  return rows.map((row) => ({
    ...row,
    ...(row.job_id === undefined ? {} : { job_id: hide(row.job_id) }),
    ...(row.metadata === undefined ? {} : { metadata: publicMetadata(row.metadata, hide) }),
    ...(row.errors === undefined ? {} : { errors: hide(asText(row.errors)) }),
  }));
}

/** A function that takes the conversation's number, as the rows' metadata name it, out of a text. */
export function zidHider(rows: readonly StoredReport[]): (text: string) => string {
  const zids = new Set(rows.flatMap(({ metadata }) => conversationIds(asMap(metadata))));
  if (zids.size === 0) return (text) => text;
  return (text) =>
    text.replace(/(?<![A-Za-z0-9])\d+(?![A-Za-z0-9])/g, (digits) => (zids.has(digits) ? HIDDEN : digits));
}

function publicMetadata(metadata: unknown, hide: (text: string) => string): Record<string, unknown> {
  const told = Object.entries(asMap(metadata)).filter(
    ([key, value]) => PUBLIC_METADATA.has(key) && (value === null || typeof value !== 'object'),
  );
  return Object.fromEntries(told.map(([key, value]) => [key, typeof value === 'string' ? hide(value) : value]));
}

/** The numbers that metadata call a conversation's, at any depth. */
function conversationIds(map: Record<string, unknown>): string[] {
  return Object.entries(map).flatMap(([key, value]) => {
    if (CONVERSATION.test(key) && /^\d+$/.test(String(value))) return [String(value)];
    return conversationIds(asMap(value));
  });
}

/** A map, also when it was stored as JSON text; anything else is an empty one. */
const asMap = (value: unknown): Record<string, unknown> =>
  mapSchema.safeParse(typeof value === 'string' ? jsonOrUndefined(value) : value).data ?? {};

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
