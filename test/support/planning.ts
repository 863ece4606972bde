import type { TalliedComment } from '../../lambdas/report/comments.ts';
import { planSections } from '../../lambdas/report/sections.ts';
import { comment, JOB, topic } from './make.ts';

export type Input = Parameters<typeof planSections>[0];

/** Plans the sections of a job, of which only what matters is named. */
export const plan = (change: Partial<Input> = {}) =>
  planSections({
    jobId: JOB,
    comments: [],
    conversationSize: 100,
    groupCount: 2,
    topics: [],
    clusters: new Map(),
    ...change,
  });

export const GROUPS = 'batch_re_global_groups';
export const CONSENSUS = 'batch_re_global_group_informed_consensus';
export const UNCERTAINTY = 'batch_re_global_uncertainty';
export const many = (count: number, change: Partial<TalliedComment> = {}) =>
  Array.from({ length: count }, (_, tid) => comment(tid, change));
export const tidsOf = (input: Partial<Input>, section: string) =>
  plan(input)
    .find((planned) => planned.section === section)
    ?.comments.map(({ tid }) => tid);

/** One topic on each of three layers, with every comment in each. */
export const threeLayers = (comments: TalliedComment[]): Pick<Input, 'comments' | 'topics' | 'clusters'> => ({
  comments,
  topics: [topic(0, 3), topic(1, 3), topic(2, 3)],
  clusters: new Map([0, 1, 2].map((layer) => [layer, new Map(comments.map(({ tid }) => [tid, 3]))])),
});
