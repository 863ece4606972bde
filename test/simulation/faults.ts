import { between, mulberry32 } from '../../stand-in/random.ts';

/**
 * What happens to one outside call. `killed`: the process that makes it dies, and with it all else it was doing.
 * `partial`: DynamoDB leaves items of a batch call unprocessed. `stopped`: a person stops the execution at this moment.
 * Of a worker only: `frozen`: its process stands still for longer than its lease lasts, and continues; `terminated`: it is
 * told to stop, and does so in order.
 */
export const KINDS = ['error', 'timeout', 'throttle', 'killed', 'partial', 'stopped', 'frozen', 'terminated'] as const;
export type Kind = (typeof KINDS)[number];
/** Kinds under which the caller gets no true answer. */
export type Failing = Exclude<Kind, 'killed' | 'partial' | 'stopped' | 'frozen' | 'terminated'>;
/**
 * Before its effect, or after it with the answer lost. A partial call does none of its items, or half of them; one at
 * which the execution is stopped is answered either way.
 */
export const SIDES = ['before', 'after'] as const;
export type Side = (typeof SIDES)[number];

export interface Fault {
  kind: Kind;
  side: Side;
  /** The client's own retries of this call meet it as well; otherwise only the first try does. */
  lasting?: boolean;
}

/** Which fault, if any, the call of this label meets. The same label is asked about once. */
export type FaultPlan = (label: string) => Fault | undefined;

export const NO_FAULTS: FaultPlan = () => undefined;

/** A fault at one call, as text that names it: `submit#1/dynamodb PutItem Delphi_JobQueue#2 after error lasting`. */
export const named = (label: string, { kind, side, lasting }: Fault): string =>
  `${label} ${side} ${kind}${lasting ? ' lasting' : ''}`;

/** The outside systems that calls go to. */
export type Service = 'dynamodb' | 'postgres' | 'anthropic' | 'states';

/** Calls that their client tries again by itself: only there may a fault last. */
const RETRIED = /\/(dynamodb|anthropic (list|models)) ?/;
const BATCH_CALL = /\/dynamodb Batch(Get|Write)Item /;
/** A function that an execution calls for a job, such as `a.submit#1/`; others cannot be stopped with it. */
const OF_AN_EXECUTION = /^[a-z]\.[\w-]+#/;
/** What a worker does, such as `A1.a.submit#1/`: the first process of worker A. */
const OF_A_WORKER = /^[A-Z]\d+\./;

/** Every fault that a call can meet. */
export function faultsOf(label: string): Fault[] {
  const kinds = KINDS.filter((kind) => isPossible(kind, label));
  return kinds.flatMap((kind) => SIDES.flatMap((side) => [{ kind, side }, ...lastingOf(label, kind, side)]));
}

function isPossible(kind: Kind, label: string): boolean {
  if (kind === 'partial') return BATCH_CALL.test(label);
  if (kind === 'stopped') return OF_AN_EXECUTION.test(label);
  return (kind !== 'frozen' && kind !== 'terminated') || OF_A_WORKER.test(label);
}

const fails = (kind: Kind): kind is Failing => kind === 'error' || kind === 'timeout' || kind === 'throttle';

const lastingOf = (label: string, kind: Kind, side: Side): Fault[] =>
  fails(kind) && RETRIED.test(label) ? [{ kind, side, lasting: true }] : [];

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
