import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  MAX_REFUSALS,
  secondsAfterTrouble,
  secondsToNextCheck,
  waitAfterTrouble,
} from '../../../lambdas/batch/wait.ts';
import { mostRounds } from '../../../lambdas/job/next-round.ts';
import { AnthropicUnavailable, BatchNotFound } from '../../../lambdas/shared/errors.ts';
import { parseJobState } from '../../../lambdas/shared/hand-off.ts';

const MAX_EVENTS = 25_000;
/** Wait (2), the check (5) and the choice (2) of the state machine. */
const EVENTS_OF_A_CHECK = 9;
const DAY = 86_400;
const HOUR = 3_600;

/** Checks made after watching one batch for so long, starting at `checks`. */
function watch(
  seconds: number,
  checks: number,
  wait = (age: number, made: number) => secondsToNextCheck(age, made),
): number {
  for (let age = 0; age < seconds; age += wait(age, checks)) checks += 1;
  return checks;
}

describe('the time between two checks of a batch', () => {
  const age = fc.double({ min: 0, max: 200_000, noNaN: true });

  test('it is at least 5 and at most 60 seconds on the first day', () => {
    fc.assert(
      fc.property(age, fc.nat(1_500), (seconds, checks) => {
        expect(secondsToNextCheck(seconds, checks)).toBeGreaterThanOrEqual(5);
        expect(secondsToNextCheck(seconds, checks)).toBeLessThanOrEqual(60);
      }),
    );
  });

  test('it never falls as the batch grows older', () => {
    fc.assert(
      fc.property(age, age, fc.nat(5_000), (a, b, checks) => {
        expect(secondsToNextCheck(Math.min(a, b), checks)).toBeLessThanOrEqual(
          secondsToNextCheck(Math.max(a, b), checks),
        );
      }),
    );
  });

  test('it is 60 seconds from ten minutes on, and a tenth of the age before', () => {
    expect([0, 50, 60, 300, 599, 600, 3_600].map((seconds) => secondsToNextCheck(seconds, 0))).toEqual([
      5, 5, 6, 30, 60, 60, 60,
    ]);
  });

  test('a batch that seems to be of the future, because clocks differ, is checked soon', () => {
    expect(secondsToNextCheck(-120, 0)).toBe(5);
  });

  test('it is a whole number of seconds', () => {
    fc.assert(
      fc.property(age, fc.nat(3_000), (seconds, checks) => {
        expect(Number.isInteger(secondsToNextCheck(seconds, checks))).toBe(true);
      }),
    );
  });
});

describe('the events of one execution', () => {
  test('a day of waiting takes about 1,500 checks, all a minute apart at most', () => {
    const checks = watch(DAY, 0);
    expect(checks).toBeGreaterThan(1_440);
    expect(checks).toBeLessThan(1_500);
    expect(checks * EVENTS_OF_A_CHECK).toBeLessThan(MAX_EVENTS * 0.6);
  });

  test('two days with a batch that expired stay under 25,000 events', () => {
    const checks = watch(DAY, watch(DAY, 0));
    expect(checks * EVENTS_OF_A_CHECK).toBeLessThan(MAX_EVENTS * 0.75);
  });

  test('all rounds of a job, each watched until overdue, stay under 25,000 events', () => {
    let checks = 0;
    for (let round = 1; round <= mostRounds({ read_back: true }); round++) checks = watch(DAY + HOUR, checks);
    expect(checks * EVENTS_OF_A_CHECK).toBeLessThan(MAX_EVENTS * 0.9);
  });

  test('a second day on which the API is in trouble all along stays under 25,000 events', () => {
    let troubles = 0;
    const checks = watch(DAY, watch(DAY, 0), () => secondsAfterTrouble(troubles++, undefined));
    expect(checks * EVENTS_OF_A_CHECK).toBeLessThan(MAX_EVENTS);
  });
});

describe('a refusal that may pass', () => {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const state = parseJobState({ job_id: 'j', job_type: 'CREATE_NARRATIVE_BATCH', version: 1, execution: 'e' });
  const refusal = new BatchNotFound('not found');
  const refused = new AnthropicUnavailable('not found', { refusal });

  test('is waited for about an hour, whatever other trouble comes between, and then is what it says', () => {
    let seconds = 0;
    let now = state;
    for (let waits = 0; waits < MAX_REFUSALS; waits++) {
      now = waitAfterTrouble(log, now, refused);
      seconds += now.wait_seconds;
      now = waitAfterTrouble(log, now, new AnthropicUnavailable('HTTP 529'));
    }
    expect(seconds).toBeGreaterThan(0.9 * HOUR);
    expect(seconds).toBeLessThan(1.1 * HOUR);
    expect(() => waitAfterTrouble(log, now, refused)).toThrow(refusal);
    expect(waitAfterTrouble(log, now, new AnthropicUnavailable('HTTP 529'))).toMatchObject({ next: 'wait' });
  });
});

describe('the time to wait when the API is in trouble', () => {
  test('it doubles from 5 seconds to 60', () => {
    expect([0, 1, 2, 3, 4, 5, 240].map((troubles) => secondsAfterTrouble(troubles, undefined))).toEqual([
      5, 10, 20, 40, 60, 60, 60,
    ]);
  });

  test('after hours of trouble it is five minutes', () => {
    expect(secondsAfterTrouble(241, undefined)).toBe(300);
  });

  test('what retry-after asks for is obeyed, up to ten minutes, in whole seconds', () => {
    expect(secondsAfterTrouble(0, 90)).toBe(90);
    expect(secondsAfterTrouble(0, 7.2)).toBe(8);
    expect(secondsAfterTrouble(0, 86_400)).toBe(600);
  });

  test('a retry-after that is shorter than the back-off does not shorten it', () => {
    expect(secondsAfterTrouble(4, 1)).toBe(60);
    expect(secondsAfterTrouble(0, 0)).toBe(5);
  });
});
