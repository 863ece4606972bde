import { type ParseArgsConfig, parseArgs } from 'node:util';
import * as z from 'zod';

/** A flag without a value. */
export const isSwitch = z.boolean('takes no value').default(false);

/**
 * The flags a command was started with. One that is unknown or has a wrong value ends the process with one line and exit code 2.
 * @param schema strict, with every flag
 */
export function readFlags<T extends z.ZodType>(
  schema: T,
  options: NonNullable<ParseArgsConfig['options']>,
): z.output<T> {
  // not strict: zod tells what is wrong, in one line
  const { values, positionals } = parseArgs({ strict: false, options });
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
