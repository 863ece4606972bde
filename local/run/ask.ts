import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import type { Estimate } from '../../lambdas/money/cost.ts';
import { InvalidSetting } from '../../lambdas/shared/errors.ts';

/** What need not be bought, in one line. */
export const reusedLine = (reused: number, sections: number): string =>
  `${reused} of ${sections} sections are unchanged and reused (--no-cache buys them anew)`;

/** What a job will cost, in one line. */
export function priceLine(model: string, { sections, input_tokens, expected_usd, most_usd }: Estimate): string {
  const size = `${sections} sections, about ${input_tokens.toLocaleString('en')} input tokens, model ${model}`;
  if (expected_usd === undefined || most_usd === undefined) {
    return `${size}: the price list does not know this model, so the price cannot be told`;
  }
  return `${size}: about $${expected_usd.toFixed(2)}, at most $${most_usd.toFixed(2)} for the first round`;
}

/**
 * Asks before money is spent; Ctrl-C and Ctrl-D mean no.
 * @returns whether to go on
 * @throws InvalidSetting when nobody is there to answer
 */
export async function mayISpend(): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new InvalidSetting(
      'this run would spend money and nobody can be asked: add --yes to go on unasked (nothing was sent)',
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const left = once(terminal, 'close').then(() => undefined);
  // a question that is left open is rejected when the terminal closes
  const answered = terminal.question('Send it to the Anthropic API and pay for it? [y/N] ').catch(() => undefined);
  try {
    const answer = await Promise.race([answered, left]);
    if (answer === undefined) process.stdout.write('\n');
    return /^y(es)?$/i.test((answer ?? '').trim());
  } finally {
    terminal.close();
  }
}
