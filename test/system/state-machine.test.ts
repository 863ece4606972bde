import { describe, expect, it } from 'vitest';
import { RETRIED_ERRORS, StoreUnavailable } from '../../lambdas/shared/errors.ts';
import { STATE } from '../../lib/names.ts';
import { AWAITING, CHECKED, JOB, run, WAIT } from '../support/scripted.ts';

describe('the state machine of the template', () => {
  it('submits, waits until the batch has ended, collects and completes', async () => {
    const { states, status, output } = await run({
      submit: [{ ...WAIT, round: 1 }],
      'check-status': [WAIT, { next: 'collect' }],
      collect: [{ next: 'complete' }],
      complete: [{ sections: 12 }],
    });
    expect(states).toEqual([
      STATE.batchAlreadySubmitted,
      STATE.submitBatch,
      STATE.submissionRecorded,
      ...CHECKED,
      ...CHECKED,
      STATE.collectResults,
      STATE.sectionsLeftToAskAgain,
      STATE.completeJob,
      STATE.jobCompleted,
    ]);
    expect({ status, output }).toMatchObject({ status: 'SUCCEEDED', output: { ...JOB, round: 1, sections: 12 } });
  });

  it('asks again in a second round for the sections that failed', async () => {
    const { states, names } = await run({
      submit: [
        { ...WAIT, round: 1 },
        { ...WAIT, round: 2 },
      ],
      'check-status': [{ next: 'collect' }, { next: 'collect' }],
      collect: [{ next: 'submit' }, { next: 'complete' }],
      complete: [{}],
    });
    expect(names).toEqual(['submit', 'check-status', 'collect', 'submit', 'check-status', 'collect', 'complete']);
    expect(states.slice(6, 10)).toEqual([
      STATE.collectResults,
      STATE.sectionsLeftToAskAgain,
      STATE.submitBatch,
      STATE.submissionRecorded,
    ]);
  });

  it('adopts the batch of an awaiting job without submitting one', async () => {
    const { states, names } = await run(
      { adopt: [WAIT], 'check-status': [{ next: 'collect' }], collect: [{ next: 'complete' }], complete: [{}] },
      AWAITING,
    );
    expect(names).toEqual(['adopt', 'check-status', 'collect', 'complete']);
    expect(states.slice(0, 4)).toEqual([
      STATE.batchAlreadySubmitted,
      STATE.adoptBatch,
      STATE.submissionRecorded,
      STATE.wait,
    ]);
  });

  it('waits for a submission of unclear fate to settle before it looks again', async () => {
    const settle = { next: 'settle', wait_seconds: 120 };
    const { states } = await run({ submit: [settle, settle, { next: 'complete' }], complete: [{}] });
    const settled = [STATE.submitBatch, STATE.submissionRecorded, STATE.waitForSubmissionToSettle];
    expect(states).toEqual([
      STATE.batchAlreadySubmitted,
      ...settled,
      ...settled,
      STATE.submitBatch,
      STATE.submissionRecorded,
      STATE.completeJob,
      STATE.jobCompleted,
    ]);
  });

  it('completes at once when nothing is left to ask', async () => {
    const { names, status } = await run({ submit: [{ next: 'complete' }], complete: [{}] });
    expect({ names, status }).toEqual({ names: ['submit', 'complete'], status: 'SUCCEEDED' });
  });

  it('leaves a job that belongs to somebody else', async () => {
    const { states, status } = await run({ submit: [{ next: 'leave' }] });
    expect(states.slice(-2)).toEqual([STATE.submissionRecorded, STATE.jobLeftToItsOwner]);
    expect(status).toBe('SUCCEEDED');
  });

  it('continues collecting when the time limit comes before the end of the results', async () => {
    const { states } = await run(
      {
        adopt: [WAIT],
        'check-status': [{ next: 'collect' }],
        collect: [{ next: 'collect' }, { next: 'collect' }, { next: 'complete' }],
        complete: [{}],
      },
      AWAITING,
    );
    expect(states.filter((name) => name === STATE.collectResults)).toHaveLength(3);
    expect(states.at(-1)).toBe(STATE.jobCompleted);
  });

  it.each(RETRIED_ERRORS)('tries a step again after %s, with the input of the first try', async (name) => {
    const passing = Object.assign(new Error('try again'), { name });
    const { history, calls, states, status } = await run({ submit: [passing, passing, { next: 'leave' }] });
    expect(history.filter(({ type }) => type === 'StateRetried').map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(calls.map(({ input }) => input)).toEqual([JOB, JOB, JOB]);
    expect(states).not.toContain(STATE.failJob);
    expect(status).toBe('SUCCEEDED');
  });

  it('fails the job when trouble outlasts six more tries', async () => {
    const { names, states, status, error } = await run({ submit: Array(7).fill(new StoreUnavailable('throttled')) });
    expect(names).toEqual([...Array(7).fill('submit'), 'fail']);
    expect(states.slice(-2)).toEqual([STATE.failJob, STATE.jobFailed]);
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'StoreUnavailable' });
  });

  it('fails the job at once for an error that a retry would not fix', async () => {
    const broken = Object.assign(new TypeError('no such report'), { name: 'ReportMismatch' });
    const { names, calls, status, error, cause } = await run({ submit: [WAIT], 'check-status': [broken] });
    expect(names).toEqual(['submit', 'check-status', 'fail']);
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'ReportMismatch' });
    const shown = JSON.parse(cause ?? '');
    expect(shown).toMatchObject({ errorType: 'ReportMismatch', errorMessage: 'no such report' });
    expect(shown.trace.length).toBeGreaterThan(1);
    expect(calls.at(-1)?.input).toEqual({ ...JOB, ...WAIT, error: { Error: error, Cause: cause } });
  });

  it('tries to write the failure down again when the table is throttling', async () => {
    const { names, status, error } = await run({
      submit: [new Error('broken')],
      fail: [new StoreUnavailable('throttled'), {}],
    });
    expect(names).toEqual(['submit', 'fail', 'fail']);
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'Error' });
  });

  it('ends with the failing step’s own error when the failure cannot be written down', async () => {
    const { status, error } = await run({ submit: [new Error('broken')], fail: [new RangeError('no row')] });
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'RangeError' });
  });
});
