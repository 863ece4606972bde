import type { Scenario } from '../scenario.ts';
import { adopted } from './adopted.ts';
import { forgotten, one, two } from './bought.ts';
import { cancelled } from './cancelled.ts';
import { reused } from './reused.ts';

export const SCENARIOS: readonly Scenario[] = [one, two, forgotten, cancelled, reused, adopted];

/** @throws Error for a name that none has */
export function scenarioOf(name: string): Scenario {
  const scenario = SCENARIOS.find((known) => known.name === name);
  if (!scenario) throw new Error(`there is no scenario ${name}: ${SCENARIOS.map((known) => known.name).join(', ')}`);
  return scenario;
}
