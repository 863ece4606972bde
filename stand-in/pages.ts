import * as z from 'zod';
import { invalidRequest } from './errors.ts';

const PageQuery = z
  .object({
    limit: z.coerce.number().int().min(1).max(1000).default(20),
    after_id: z.string().min(1).optional(),
    before_id: z.string().min(1).optional(),
  })
  .refine((query) => query.after_id === undefined || query.before_id === undefined, {
    message: 'after_id and before_id cannot be given together',
  });

export interface Page<Row> {
  data: Row[];
  has_more: boolean;
  first_id: string | null;
  last_id: string | null;
}

/**
 * One page of a list that is already in the order it is shown in. `after_id` gives what comes after that row,
 * `before_id` the rows just before it.
 * @param known every row that a cursor may name; rows that are no longer shown (`shown` false) still work as cursors
 * @throws ApiError 400 for a limit outside 1..1000, two cursors, or a cursor that names nothing
 */
export function pageOf<Row extends { id: string }>(
  known: readonly Row[],
  shown: (row: Row) => boolean,
  search: URLSearchParams,
): Page<Row> {
  const parsed = PageQuery.safeParse(Object.fromEntries(search));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw invalidRequest(`${issue?.path.join('.') || 'query'}: ${issue?.message ?? 'is not valid'}`);
  }
  const { limit, after_id, before_id } = parsed.data;
  if (before_id !== undefined) {
    const newer = known.slice(0, positionOf(known, 'before_id', before_id)).filter(shown);
    return page(newer.slice(-limit), newer.length > limit);
  }
  const start = after_id === undefined ? 0 : positionOf(known, 'after_id', after_id) + 1;
  const rest = known.slice(start).filter(shown);
  return page(rest.slice(0, limit), rest.length > limit);
}

function positionOf(rows: readonly { id: string }[], field: string, id: string): number {
  const position = rows.findIndex((row) => row.id === id);
  if (position < 0) throw invalidRequest(`${field}: no such id`);
  return position;
}

function page<Row extends { id: string }>(data: Row[], hasMore: boolean): Page<Row> {
  return { data, has_more: hasMore, first_id: data.at(0)?.id ?? null, last_id: data.at(-1)?.id ?? null };
}
