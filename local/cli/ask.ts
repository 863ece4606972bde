import { createInterface } from 'node:readline/promises';
import { InvalidSetting } from '../../lambdas/domain/errors.ts';
import type { Estimate } from '../../lambdas/domain/usage.ts';

/** What a job will cost, in one line. */
export function priceLine(model: string, { sections, input_tokens, expected_usd, most_usd }: Estimate): string {
  const size = `${sections} sections, about ${input_tokens.toLocaleString('en')} input tokens, model ${model}`;
  if (expected_usd === undefined || most_usd === undefined) return `${size}: the price list does not know this model, so the price cannot be told`;
  return `${size}: about $${expected_usd.toFixed(2)}, at most $${most_usd.toFixed(2)} for the first round`;
}

/**
 * Asks before money is spent.
 * @returns whether to go on
 * @throws InvalidSetting when nobody is there to answer
 */
export async function mayISpend(): Promise<boolean> {
  if (!process.stdin.isTTY) throw new InvalidSetting('this run would spend money and nobody can be asked: add --yes to go on unasked');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question('Send it to the Anthropic API and pay for it? [y/N] ')).trim());
  } finally {
    terminal.close();
  }
}
