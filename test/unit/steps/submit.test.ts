import { describe, expect, test } from 'vitest';
import type { JobRow } from '../../../lambdas/shared/job-row.ts';
import type { BatchEntry } from '../../../lambdas/shared/ledger-rows.ts';
import { type Facts, whatIsDue } from '../../../lambdas/steps/submit.ts';
import { batchEntry, jobRow, plan } from '../../support/make.ts';

const claimed: Facts = {
  row: jobRow({ status: 'PROCESSING' }) as JobRow,
  plan: undefined,
  planHolds: false,
  batches: [],
  turn: 'ours',
  planned: undefined,
  begun: undefined,
};
const planned: Facts = { ...claimed, plan: plan(), planHolds: true };
const begun = (round: number) => ({ round, requests: [], texts: { prompts: new Map(), asked: new Map() } });
const batch = (round: number, state: BatchEntry['state'], part = 0) =>
  batchEntry({ round, part, state, batch_id: state === 'intended' ? undefined : `b${round}${part}` });

describe('what is due for a job that is ours', () => {
  test.each<[string, Partial<Facts>, unknown]>([
    ['there is no plan', { plan: undefined, planHolds: false }, { kind: 'plan' }],
    ['nothing was sent by the plan of an earlier attempt', { planHolds: false }, { kind: 'plan' }],
    ['it is planned', {}, { kind: 'begin round', round: 1 }],
    ['its first round is reserved', { begun: begun(1) }, { kind: 'send round', round: 1 }],
    ['a submission had no clear answer', { batches: [batch(1, 'intended')] }, { kind: 'send round', round: 1 }],
    [
      'the second part of a round is not sent',
      { batches: [batch(1, 'submitted'), batch(1, 'intended', 1)] },
      { kind: 'send round', round: 1 },
    ],
    ['its first round is collected', { batches: [batch(1, 'collected')] }, { kind: 'begin round', round: 2 }],
    [
      'its second round is begun',
      { batches: [batch(1, 'collected')], begun: begun(2) },
      { kind: 'send round', round: 2 },
    ],
    ['every section has an answer', { plan: plan({ reused: 3 }) }, { kind: 'complete' }],
    [
      'an earlier job of the report is under way',
      { ...claimed, turn: { waitsFor: 'job-1' } },
      { kind: 'wait for turn', waitsFor: 'job-1' },
    ],
    [
      'a later round is due and another job has the turn',
      { batches: [batch(1, 'collected')], turn: { waitsFor: 'job-1' } },
      { kind: 'wait for turn', waitsFor: 'job-1' },
    ],
    [
      'a part of a round was sent, whoever has the turn',
      { batches: [batch(1, 'submitted')], turn: { waitsFor: 'job-1' } },
      { kind: 'send round', round: 1 },
    ],
  ])('when %s', (_what, facts, due) => {
    expect(whatIsDue({ ...planned, ...facts })).toEqual(due);
  });
});

describe('what is due for a job that was cancelled', () => {
  const cancelled: Facts = { ...planned, row: 'cancelled' };
  const intent = batch(1, 'intended');

  test.each<[string, Partial<Facts>, unknown]>([
    ['nothing was planned', { plan: undefined }, { kind: 'close' }],
    ['nothing was sent', {}, { kind: 'complete' }],
    ['a submission had no clear answer', { batches: [intent] }, { kind: 'settle', intents: [intent] }],
    ['a batch is open', { batches: [batch(1, 'collected'), batch(2, 'submitted')] }, { kind: 'watch', round: 2 }],
    ['everything is collected', { batches: [batch(1, 'collected')] }, { kind: 'complete' }],
  ])('when %s', (_what, facts, due) => {
    expect(whatIsDue({ ...cancelled, ...facts })).toEqual(due);
  });

  test.each([{}, { begun: begun(1) }, { planHolds: false }])('nothing is sent, whatever else holds: %j', (facts) => {
    expect(whatIsDue({ ...cancelled, ...facts }).kind).not.toMatch(/send|begin|plan|turn/);
  });
});

test('a job that is not ours is left alone', () => {
  expect(whatIsDue({ ...planned, row: 'not ours', batches: [batch(1, 'submitted')] })).toEqual({ kind: 'leave' });
});
