import type { ExecutionStatuses, Executions } from '../../lambdas/stores/executions.ts';
import type { StepWorld } from '../../local/embedded/steps.ts';
import type { narratives } from './site.ts';

export type Definition = (typeof narratives)['definition'];

/** A build that is broken on purpose: something of what it is made of is replaced. */
export interface Breakage {
  steps?: (world: StepWorld) => StepWorld;
  definition?: (definition: Definition) => Definition;
  executions?: (executions: Executions & ExecutionStatuses) => Executions & ExecutionStatuses;
}

/** Applies what a breakage replaces, if it does. */
export const replaced = <T>(change: ((whole: T) => T) | undefined, whole: T): T => (change ? change(whole) : whole);
