import { type ParseArgsConfig, parseArgs } from 'node:util';
import * as z from 'zod';

/** One line of a table: what was measured, the figure, and its target. */
export interface Line {
  what: string;
  figure: string;
  /** the lowest and highest of the runs, or where the figure comes from */
  note?: string;
  target?: string;
}

/** Whether a figure is within its target, as a cell of the table. */
export const atMost = (figure: number, most: number, unit = ''): string =>
  `at most ${most}${unit}: ${figure <= most ? 'ok' : 'over'}`;

/** What must hold, as a target: a load that does not keep it is wrong. */
export const must = (what: string, holds: boolean): string => `${what}: ${holds ? 'yes' : 'no'}`;

/** Whether a line breaks what {@link must} asks. */
export const isWrong = ({ target }: Line): boolean => target?.endsWith(': no') ?? false;

/** A table with its title. */
export interface Table {
  title: string;
  lines: Line[];
}

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

/** The middle of some figures; of an even number, the mean of the two in the middle. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** The lowest and highest of some figures. */
export const spread = (figures: readonly number[], digits = 0): string =>
  `${Math.min(...figures).toFixed(digits)}–${Math.max(...figures).toFixed(digits)}`;

/** A line with the median of some runs and their spread. */
export const medianLine = (what: string, figures: readonly number[], unit: string, digits = 0): Line => ({
  what,
  figure: `${median(figures).toFixed(digits)} ${unit}`,
  note: spread(figures, digits),
});

/** A flag without a value. */
export const isSwitch = z.boolean('takes no value').default(false);

/** A flag with one of these values. */
export const oneOf = <const T extends readonly string[]>(values: T) =>
  z.enum(values, `should be ${values.slice(0, -1).join(', ')} or ${values.at(-1)}`);

/**
 * The flags a command was started with. One that is unknown or has a wrong value ends the process with one line and exit code 2.
 * @param schema strict, with every flag
 * @param bare the flag that a word without a flag before it is the value of
 */
export function readFlags<T extends z.ZodType>(
  schema: T,
  options: NonNullable<ParseArgsConfig['options']>,
  bare?: string,
): z.output<T> {
  // not strict: zod tells what is wrong, in one line
  const { values, positionals } = parseArgs({ strict: false, options });
  if (bare && positionals.length > 0 && values[bare] === undefined) values[bare] = positionals.shift();
  const result = schema.safeParse(values);
  if (result.success && positionals.length === 0) return result.data;
  const issue = result.error?.issues[0];
  const [name, problem] =
    issue === undefined
      ? [`"${positionals[0]}"`, 'is not a flag']
      : issue.code === 'unrecognized_keys'
        ? [`--${issue.keys[0]}`, 'is not a flag']
        : [`--${issue.path.join('.')}`, issue.message];
  console.error(`${name} ${problem}; --help prints the flags`);
  process.exit(2);
}
