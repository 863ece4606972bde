import { describe, expect, test } from 'vitest';
import { type PlanDeps, planJob } from '../../../lambdas/job/plan.ts';
import { POSTGRES_VOTE } from '../../../lambdas/report/votes.ts';
import type { JobRow } from '../../../lambdas/shared/job-row.ts';
import { entry } from '../../../lambdas/shared/names.ts';
import { jobRow, RUN } from '../../support/make.ts';

const CONFIG = {
  model: 'claude-sonnet-5-5',
  max_batch_size: 20,
  no_cache: false,
  report_id: undefined,
  include_moderation: false,
  exclude_comment_selections: true,
  layers: undefined,
  allow_unpriced: false,
  claims: undefined,
  ignored: [],
};
const KEYS = {
  tids: [0],
  extremity: [0],
  consensus: {},
  group_clusters: [
    { id: 0, members: [0] },
    { id: 1, members: [1] },
  ],
  base_ids: [0, 1],
  base_members: [[0], [1]],
};

/** A conversation in which every comment is a topic of its own; `calls` are those that could cost money or write. */
function conversation(topics: number, change: Partial<PlanDeps> = {}) {
  const tids = [...Array(topics).keys()];
  const calls: string[] = [];
  const deps: PlanDeps = {
    conversations: {
      report: async () => ({ zid: 7, rid: 1, labels: [], mod_level: -1 }),
      topic: async () => 'Many things',
      comments: async () =>
        tids.map((tid) => ({ tid, txt: `comment ${tid}`, mod: 0, selected: true, active: true, is_meta: false })),
      mathKeys: async () => KEYS,
      voteSigns: async () => POSTGRES_VOTE,
      groupCounts: async () => tids.map((tid) => ({ tid, gid: 0, agrees: 1, disagrees: 0, passes: 0 })),
      votersCited: async () => ({ voters: 0, cited: 0 }),
    },
    topics: {
      names: async () =>
        tids.map((tid) => ({
          topic_key: `${RUN}#0#${tid}`,
          layer_id: 0,
          cluster_id: tid,
          topic_name: `Topic ${tid}`,
          created_at: '2026-11-22T10:00:00Z',
        })),
      assignments: async () => tids.map((tid) => ({ comment_id: tid, layer0_cluster_id: tid })),
    },
    ledger: {
      knownAnswers: async () => {
        calls.push('knownAnswers');
        return new Map();
      },
      cacheUse: async () => [],
    },
    batches: { knowsModel: async () => true },
    settings: {
      jobBudget: undefined,
      dayBudget: undefined,
      unpricedModels: [],
      ledgerDays: 180,
      defaultModel: 'claude-sonnet-5-5',
      modelAliases: new Map(),
      unknownModel: 'use default',
      claims: true,
      claimsReadBack: false,
    },
    now: () => new Date('2026-11-22T10:00:00Z'),
    ...change,
  };
  return { deps, calls };
}
const plan = (deps: PlanDeps, config = CONFIG) => planJob(deps, jobRow() as JobRow, config);

describe('how many sections a job may have', () => {
  test('10,000 are planned', async () => {
    expect((await plan(conversation(10_000).deps)).requests).toHaveLength(10_000);
  });

  test('more are refused, before anything else is asked', async () => {
    const { deps, calls } = conversation(10_001);
    await expect(plan(deps)).rejects.toMatchObject({
      name: 'TooManySections',
      message: expect.stringContaining('would have 10,001 sections, and 10,000 are the most'),
    });
    expect(calls).toEqual([]);
  });
});

describe('what a job asks for', () => {
  const known = { job_id: 'earlier', entry: entry.answered(1, 0), cost_micro_usd: 5 };

  test('a section whose question has an answer is not asked for, and says where that is', async () => {
    const { deps } = conversation(3);
    const first = await plan(deps);
    const hash = first.sections[1]?.prompt_hash ?? '';
    const second = await plan({
      ...deps,
      ledger: { knownAnswers: async () => new Map([[hash, known]]), cacheUse: async () => [] },
    });
    expect(second.requests.map(({ ordinal }) => ordinal)).toEqual([0, 2]);
    expect(second.sections[1]?.reused).toEqual(known);
    expect(second).toMatchObject({ plan: { reused: 1, sections: 3 }, reusedSaved: 5, estimate: { sections: 2 } });
  });

  test('with no_cache no answer is looked for', async () => {
    const { deps, calls } = conversation(3);
    expect((await plan(deps, { ...CONFIG, no_cache: true })).requests).toHaveLength(3);
    expect(calls).toEqual([]);
  });

  test('an unknown model is no matter when there is nothing to buy', async () => {
    const { deps } = conversation(1);
    const hash = (await plan(deps)).sections[0]?.prompt_hash ?? '';
    const batches = { knowsModel: async () => Promise.reject(new Error('the API is down')) };
    const ledger = { knownAnswers: async () => new Map([[hash, known]]), cacheUse: async () => [] };
    expect((await plan({ ...deps, batches, ledger })).requests).toEqual([]);
    await expect(plan({ ...deps, batches })).rejects.toThrow('the API is down');
  });

  test('a layer that has no topics is refused, before anything is asked', async () => {
    const { deps, calls } = conversation(3);
    await expect(plan(deps, { ...CONFIG, layers: [0, 9] as never })).rejects.toMatchObject({
      name: 'InvalidJobConfig',
      message: expect.stringContaining('names layer 9, and the conversation has topics on layer 0 only'),
    });
    expect(calls).toEqual([]);
  });
});
