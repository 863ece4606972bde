/** Rows of text in columns, each as wide as its widest cell; the last one is not padded. A cell is one line. */
export function columns(given: readonly (readonly string[])[]): string {
  const rows = given.map((row) => row.map(plainCell));
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

/** `2026-11-22 12:00:00`, in UTC as rows have it. */
export const time = (iso: string): string => iso.slice(0, 19).replace('T', ' ');

const plainCell = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ');

/** A text of another system as one line without control characters, which could change a terminal. */
export const plainLine = (text: string): string => plainCell(text).trim();
