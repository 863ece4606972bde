import type { BatchEntry } from '../../../lambdas/shared/ledger-rows.ts';
import { type BrokenBuild, withLedger, withSteps } from './build.ts';

/** Mistakes about what is sent, and about whose a batch is. */
export const SENDING: readonly BrokenBuild[] = [
  {
    name: 'no intent is recorded before the call that sends',
    scenario: 'one',
    shownBy: 'a.submit#1/anthropic create#1 after killed',
    breaks: /paid twice/,
    how: withLedger(() => ({ putIntent: async () => 'recorded' })),
  },
  {
    name: 'the call that sends is made again after an unclear answer',
    scenario: 'one',
    shownBy: 'a.submit#1/anthropic create#1 after timeout',
    breaks: /paid twice/,
    how: withSteps(({ batches }) => ({
      batches: {
        ...batches,
        async send(requests) {
          const answer = await batches.send(requests);
          return answer.kind === 'unclear' ? batches.send(requests) : answer;
        },
      },
    })),
  },
  {
    name: 'an unclear submission is sent again without a look at the list',
    scenario: 'one',
    shownBy: 'a.submit#1/anthropic create#1 after error',
    breaks: /paid twice/,
    how: withSteps(({ batches }) => ({ batches: { ...batches, createdSince: async () => [] } })),
  },
  {
    name: 'a batch found in the list is taken without proof',
    scenario: 'one',
    shownBy: 'a.submit#1/anthropic create#1 after error',
    breaks: /in no ledger|marked as ours/,
    how: withLedger(({ ledger }) => ({
      updateBatch: ({ adopted: _, ...batch }: BatchEntry) => ledger.updateBatch(batch),
    })),
  },
  {
    name: 'a batch is taken though it has the mark of another',
    scenario: 'one',
    shownBy: 'a.submit#1/anthropic create#2 after error',
    breaks: /with the mark of/,
    how: withLedger(({ ledger }) => ({
      async ownBatch(batchId, intent, proven) {
        await ledger.ownBatch(batchId, intent, proven);
        return 'ours';
      },
    })),
  },
  {
    name: 'a batch that is not proven ours is cancelled',
    scenario: 'cancelled',
    shownBy: 'a.submit#1/anthropic create#1 after error',
    breaks: /cancel of a batch that is not proven ours/,
    how: withLedger(({ ledger }) => ({
      batches: async (jobId, round) =>
        (await ledger.batches(jobId, round)).map((batch) =>
          batch.state === 'submitted' ? { ...batch, adopted: false } : batch,
        ),
      // or else the ledger would forget it as well
      updateBatch: async (batch) => {
        const known = (await ledger.batches(batch.job_id)).find(({ entry }) => entry === batch.entry);
        await ledger.updateBatch(known?.adopted && batch.batch_id ? { ...batch, adopted: true } : batch);
      },
    })),
  },
];
