import { between, mulberry32 } from '../../stand-in/random.ts';
import { type Fault, type FaultPlan, faultsOf, KINDS, named, SIDES } from './fault.ts';

/** A fault at one call. */
export interface Strike {
  label: string;
  fault: Fault;
}

const FEWEST = 2;
const MOST = 6;
/** How often a chain hits what only a retried function calls, of ten. */
const AGAIN_OF_TEN = 4;

/** Every single fault there can be in a run that made these calls. */
export const singles = (calls: readonly string[]): Strike[] =>
  calls.flatMap((label) => faultsOf(label).map((fault) => ({ label, fault })));

/** Two to six faults drawn by a seed; the same seed and calls give the same chain. */
export function chain(calls: readonly string[], seed: number): Strike[] {
  const random = mulberry32(seed);
  const pick = <T>(items: readonly T[]): T => items[between(random, 0, items.length - 1)] as T;
  const strikes = new Map<string, Strike>();
  const length = between(random, FEWEST, MOST);
  while (strikes.size < length) {
    const call = pick(calls);
    const label = between(random, 1, 10) <= AGAIN_OF_TEN ? inNextInvocation(call) : call;
    strikes.set(label, { label, fault: pick(faultsOf(label)) });
  }
  return [...strikes.values()];
}

/** The same call of the run of the function that follows. */
const inNextInvocation = (label: string): string => label.replace(/#(\d+)\//, (_, nth) => `#${Number(nth) + 1}/`);

/** The plan under which exactly these faults strike. */
export function planOf(strikes: readonly Strike[]): FaultPlan {
  const faults = new Map(strikes.map(({ label, fault }) => [label, fault]));
  return (label) => faults.get(label);
}

export const textOf = ({ label, fault }: Strike): string => named(label, fault);

/**
 * A strike from its text.
 * @throws Error when the text is none
 */
export function strikeFrom(text: string): Strike {
  const match = /^(.+) (before|after) (\w+)( lasting)?$/.exec(text.trim());
  const kind = KINDS.find((known) => known === match?.[3]);
  const side = SIDES.find((known) => known === match?.[2]);
  if (!match?.[1] || !kind || !side)
    throw new Error(`--fault "${text}" is none: it is written as "a.submit#1/anthropic create#1 after timeout"`);
  return { label: match[1], fault: { kind, side, ...(match[4] ? { lasting: true } : {}) } };
}
