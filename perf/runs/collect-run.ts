import { collect } from '../../lambdas/steps/collect/collect.ts';
import type { Tables } from '../data/tables.ts';
import { collectDeps, collectInput } from './collect-deps.ts';
import { input, measure } from './report.ts';

/** Runs the collect step once over the results of one batch, with the clients that are deployed. */
const { anthropicUrl, tables, jobId } = input<{ anthropicUrl: string; tables: Tables; jobId: string }>();
const deps = collectDeps(anthropicUrl, tables);

await measure(async () => {
  const { next } = await collect(deps, collectInput(jobId));
  // "submit" would mean that an answer was not stored
  if (next !== 'complete') throw new Error(`collect said "${next}" and not "complete"`);
});
