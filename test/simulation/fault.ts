/** What happens to one outside call. `killed`: the process that makes it dies, and with it all else it was doing. */
export const KINDS = ['error', 'timeout', 'throttle', 'killed'] as const;
export type Kind = (typeof KINDS)[number];
/** Before its effect, or after it with the answer lost. */
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

/** Every fault that a call of a service can meet. Only DynamoDB's client retries by itself, so only there may one last. */
export function faultsOf(label: string): Fault[] {
  const retries = label.includes('/dynamodb ') || /\/anthropic (list|models)/.test(label);
  return KINDS.flatMap((kind) =>
    SIDES.flatMap((side): Fault[] =>
      retries && kind !== 'killed'
        ? [
            { kind, side },
            { kind, side, lasting: true },
          ]
        : [{ kind, side }],
    ),
  );
}
