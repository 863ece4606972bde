/** One line of a table: what was measured, the figure, and what it is held against. */
export interface Line {
  what: string;
  figure: string;
  /** how far single runs lay apart, or whose figure it is */
  note?: string;
  target?: string;
}

/** Whether a figure keeps its target, as a cell of the table. */
export const atMost = (figure: number, most: number, unit = ''): string =>
  `at most ${most}${unit}: ${figure <= most ? 'ok' : 'over'}`;

/** Prints a titled table with columns as wide as their widest cell. */
export function printTable(title: string, lines: readonly Line[]): void {
  const rows = [
    ['', 'figure', 'runs', 'target'],
    ...lines.map(({ what, figure, note, target }) => [what, figure, note ?? '', target ?? '']),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  console.log(`\n${title}`);
  for (const row of rows)
    console.log(`  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
}
