import { writeFileSync } from 'node:fs';
import { findProvider } from '@pydantic/genai-prices';
import type { ModelPrices } from '../lambdas/money/prices.ts';

const FILE = new URL('../lambdas/money/anthropic-prices.json', import.meta.url);

/**
 * Anthropic's part of the price list of the installed `@pydantic/genai-prices`, without descriptions. The functions
 * contain only this part: the whole list is 480 KB and takes as long to load as the DynamoDB client.
 */
export function pricesToKeep(): ModelPrices[] {
  const anthropic = findProvider({ providerId: 'anthropic' });
  if (!anthropic) throw new Error('the price list has no provider "anthropic" any more: see its change log');
  return anthropic.models.map(({ id, match, prices }) => ({
    id,
    match: match as ModelPrices['match'],
    prices: (Array.isArray(prices) ? prices : [{ prices }]) as ModelPrices['prices'],
  }));
}

// run by hand after an update of the package: a test fails until then
if (import.meta.main) writeFileSync(FILE, `${JSON.stringify(pricesToKeep(), null, 2)}\n`);
