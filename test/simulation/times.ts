import type { Service } from './fault.ts';

export const MODEL = 'claude-sonnet-5-5';
export const START = Date.parse('2026-11-22T12:00:00Z');
export const MACHINE_ARN = 'arn:aws:states:us-east-1:000000000000:stateMachine:simulated';
export const LEDGER_DAYS = 30;

/** Batches end after a check or two; one that is cancelled has half of its requests done. */
export const processing = (secondsPerBatch = 8) => ({ secondsPerBatch, secondsToCancel: 4, finishedShare: 0.5 });

/** What one run of a function takes, in seconds. */
export const SECONDS_OF_A_RUN = 1;

const WAITS: Record<Service, number> = { dynamodb: 5, postgres: 120, anthropic: 60, states: 5 };
const CREATE_WAITS = 240;

/** How long a client waits for an answer that does not come, in seconds. */
export const secondsInVain = (service: Service, what: string): number =>
  what === 'create' ? CREATE_WAITS : WAITS[service];
