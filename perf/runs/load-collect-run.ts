import { collect } from '../../lambdas/steps/collect/collect.ts';
import type { Tables } from '../data/tables.ts';
import { collectDeps, collectInput } from './collect-deps.ts';
import { input, measure } from './report.ts';

/** Runs the collect step over one batch with a time limit, invocation after invocation, in one warm process. */
const { anthropicUrl, tables, jobId, limitMs } = input<{
  anthropicUrl: string;
  tables: Tables;
  jobId: string;
  limitMs: number;
}>();
const deps = collectDeps(anthropicUrl, tables);

await measure(async () => {
  let state: unknown = collectInput(jobId);
  for (let invocations = 1; ; invocations++) {
    const from = performance.now();
    const answer = await collect({ ...deps, remainingMs: () => limitMs - (performance.now() - from) }, state);
    if (answer.next === 'complete') return { invocations };
    if (answer.next !== 'collect') throw new Error(`collect said "${answer.next}"`);
    state = answer;
  }
});
