import type { Polis } from './site.ts';
import type { SimulatedWorld } from './world.ts';

/** What happens in a run besides the faults, and how its jobs should end. */
export interface Scenario {
  name: string;
  about: string;
  /** Puts the jobs and arranges what happens to them. @returns their ids */
  begin(world: SimulatedWorld, polis: Polis, suffix: string): Promise<string[]>;
  ends: 'COMPLETED' | 'CANCELLED';
  /** How long a batch is processed; a few seconds where it is not given. */
  secondsPerBatch?: number;
  /** How many sections are not bought, as their text is there already; 0 where it is not given. */
  reuses?: number;
  /** The batch was sent by the old pipeline: its custom ids are not ours. */
  legacy?: boolean;
}
