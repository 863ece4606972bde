import { type MadeWith, reusableRow, reusableText, reuseOf } from '../report/reusable.ts';
import type { ReportKey } from '../report/row.ts';
import type { Reuse } from '../shared/ledger-rows.ts';
import type { Reports, StoredSections } from '../stores/reports.ts';
import { rowsByKey, TEXTS_AT_ONCE } from './rows-by-key.ts';

/** A section as it would be asked for. */
export interface Wanted {
  prompt_hash: string;
  /** tids that its prompt shows */
  shown: readonly number[];
}

/**
 * Looks among the stored sections of a report for texts that the very same prompts were answered with, by the same model.
 * Newest first, and only as far back as something is still looked for; what cannot be read is passed over for an older
 * one. A row that was stored a moment ago may be missed: its section is then bought again.
 * @returns by prompt hash
 */
export async function findReusable(
  { reports, stored }: { reports: Pick<Reports, 'read'>; stored: StoredSections },
  reportId: string,
  made: MadeWith,
  wanted: readonly Wanted[],
): Promise<Map<string, Reuse>> {
  const open = new Map(wanted.map((section) => [section.prompt_hash, section]));
  const found = new Map<string, Reuse>();
  let slice: Candidate[] = [];
  const look = async () => {
    const rowOf = await rowsByKey(
      reports,
      slice.map(({ key }) => key),
    );
    for (const { key, prompt_hash } of slice) {
      const section = open.get(prompt_hash);
      const text = section && reusableText(rowOf(key), made, section);
      if (!text) continue;
      found.set(prompt_hash, reuseOf(key, text));
      open.delete(prompt_hash);
    }
    slice = [];
  };
  for await (const row of open.size > 0 ? stored.newest(reportId) : []) {
    const candidate = reusableRow(row, made);
    if (!candidate || !open.has(candidate.prompt_hash)) continue;
    slice.push(candidate);
    if (slice.length >= Math.min(TEXTS_AT_ONCE, open.size)) await look();
    if (open.size === 0) break;
  }
  await look();
  return found;
}

type Candidate = { key: ReportKey; prompt_hash: string };
