import type { NarrativesError } from '../lambdas/shared/errors.ts';
import { translated } from './aws-errors.ts';
import type { Io } from './io.ts';
import { parseCommandLine } from './options.ts';

/**
 * The program `narratives`.
 * @returns the exit code: 0 done, 1 failed, 2 wrong use, 130 stopped by Ctrl-C while watching
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  // also where the command line cannot be parsed
  const json = argv.includes('--json');
  let where = 'AWS';
  try {
    const invocation = parseCommandLine(argv, io.env, io.out);
    if (!invocation) return 0;
    const { endpointUrl, region } = invocation.global;
    where = endpointUrl ?? io.env.AWS_ENDPOINT_URL ?? (region ? `AWS in ${region}` : 'AWS');
    // the AWS clients take their time to load: help and wrong use need not wait for them
    const { runCommand } = await import('./wiring.ts');
    const { value, text, exitCode = 0 } = await runCommand(invocation, io, where);
    if (json) io.out(`${JSON.stringify(value)}\n`);
    else if (text !== '') io.out(text.endsWith('\n') ? text : `${text}\n`);
    return exitCode;
  } catch (error) {
    return tell(translated(error, where), json, io);
  }
}

function tell({ name, message }: NarrativesError, json: boolean, io: Io): number {
  const line = message.replace(/\s+/g, ' ');
  io.err(json ? `${JSON.stringify({ error: { name, message: line } })}\n` : `${name}: ${line}\n`);
  return name === 'WrongUse' ? 2 : 1;
}
