import { addKnown, type MicroUsd } from '../money/money.ts';
import { addTokens, NO_TOKENS, type Tokens } from '../money/prices.ts';
import type { AnsweredFacts, Plan, Unfiled } from '../shared/ledger-rows.ts';
import type { Ledger } from '../stores/ledger.ts';

/** What is said of a job whose model is used though the price list does not know it. */
export const PRICE_UNKNOWN = 'its price is not known, and no budget counts it';

/** Adds up billed answers. */
export class Bill {
  tokens: Tokens = NO_TOKENS;
  /** undefined when any billed answer has no known price */
  cost: MicroUsd | undefined = 0;

  add({ tokens, cost_micro_usd }: Pick<AnsweredFacts, 'tokens' | 'cost_micro_usd'>): void {
    if (!tokens) return;
    this.tokens = addTokens(this.tokens, tokens);
    this.cost = addKnown(this.cost, cost_micro_usd);
  }
}

/** Whether a line that could not be filed is on no other bill: what was filed by elimination is billed with its section. */
export const isBilledApart = ({ why, filed_as }: Pick<Unfiled, 'why' | 'filed_as'>): boolean =>
  why !== 'no_custom_id' || (filed_as ?? 'topic_').startsWith('topic_');

/** What the billed answers of one round cost, filed and unfiled; undefined when that of any is not known. */
export async function roundCost(
  ledger: Ledger,
  { job_id }: Pick<Plan, 'job_id'>,
  round: number,
): Promise<MicroUsd | undefined> {
  const bill = new Bill();
  for await (const answer of ledger.answers(job_id, round)) bill.add(answer);
  for await (const row of ledger.unfiled(job_id, round)) if (isBilledApart(row)) bill.add(row);
  return bill.cost;
}
