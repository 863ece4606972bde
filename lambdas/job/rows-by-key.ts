import type { ReportKey } from '../report/row.ts';
import type { Reports } from '../stores/reports.ts';

/** Report rows whose text is to be held in memory at once. */
export const TEXTS_AT_ONCE = 25;

type Row = Record<string, unknown>;
const nameOf = ({ rid_section_model, timestamp }: Row | ReportKey): string => `${rid_section_model}\n${timestamp}`;

/** Reads whole report rows. @returns the row of a key, not yet parsed; undefined for one that is not there */
export async function rowsByKey(
  reports: Pick<Reports, 'read'>,
  keys: readonly ReportKey[],
): Promise<(key: ReportKey) => Row | undefined> {
  // the same key asked for twice is read once
  const wanted = new Map(keys.map((key) => [nameOf(key), key]));
  const found = wanted.size > 0 ? await reports.read([...wanted.values()]) : [];
  const rows = new Map(found.map((row) => [nameOf(row), row]));
  return (key) => rows.get(nameOf(key));
}
