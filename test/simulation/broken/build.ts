import type { StepWorld } from '../../../local/embedded/steps.ts';
import type { Breakage } from '../breakage.ts';

/** A mistake somebody could make in this project, the fault that brings it to light, and the invariant it breaks. */
export interface BrokenBuild {
  name: string;
  scenario: string;
  /** the text of the single fault that shows it; undefined: no fault is needed */
  shownBy: string | undefined;
  breaks: RegExp;
  how: Breakage;
}

export const withSteps = (change: (world: StepWorld) => Partial<StepWorld>): Breakage => ({
  steps: (world) => ({ ...world, ...change(world) }),
});

export const withLedger = (change: (world: StepWorld) => Partial<StepWorld['ledger']>): Breakage =>
  withSteps((world) => ({ ledger: { ...world.ledger, ...change(world) } }));
