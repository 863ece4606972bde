import { planJob } from '../../lambdas/job/plan.ts';
import { systemPrompt } from '../../lambdas/report/system-prompt.ts';
import { POSTGRES_VOTE } from '../../lambdas/report/votes.ts';
import type { Prompt } from '../../lambdas/shared/ledger-rows.ts';
import { unpack } from '../../lambdas/shared/packed.ts';
import type { Conversations } from '../../lambdas/stores/postgres.ts';
import type { Topics } from '../../lambdas/stores/topics.ts';
import type { ConversationData } from '../../local/conversation.ts';
import { SAMPLE, sampleConversation } from '../../local/sample.ts';
import type { Line } from '../command-line.ts';

/** The requests of a job for the project's sample. */
export async function samplePrompts(): Promise<Prompt[]> {
  const data = sampleConversation();
  const now = new Date('2026-11-22T10:00:00Z');
  const row = {
    job_id: 'batch_report_sample_1',
    job_type: 'CREATE_NARRATIVE_BATCH' as const,
    status: 'PROCESSING',
    version: 2,
    conversation_id: String(SAMPLE.zid),
    report_id: SAMPLE.report_id,
  };
  const config = {
    model: 'claude-sonnet-4-6',
    max_batch_size: 100,
    no_cache: true,
    report_id: SAMPLE.report_id,
    include_moderation: true,
    exclude_comment_selections: true,
    layers: undefined,
    ignored: [],
    allow_unpriced: false,
    claims: undefined,
  };
  const settings = {
    jobBudget: undefined,
    dayBudget: undefined,
    unpricedModels: [],
    ledgerDays: 180,
    defaultModel: 'claude-sonnet-5-5',
    modelAliases: new Map(),
    unknownModel: 'refuse' as const,
    claims: true,
    claimsReadBack: false,
  };
  const deps = {
    ...storesOf(data),
    ledger: { knownAnswers: async () => new Map(), cacheUse: async () => [] },
    batches: { knowsModel: async () => true },
    settings,
    now: () => now,
  };
  return (await planJob(deps, row, config)).prompts;
}

/** Characters of the prompts of one report, and the most characters that a comment adds to them besides its own text. */
export function promptLines(conversation: string, shown: readonly Prompt[]): Line[] {
  const prompts = shown.map(({ prompt }) => unpack(prompt));
  const own = prompts.reduce((sum, prompt) => sum + prompt.length, 0);
  const whole = own + prompts.length * systemPrompt(true).length;
  const groups = groupCount(prompts[0] ?? '');
  const beyond = Math.max(...prompts.flatMap((prompt) => rows(prompt).map((row) => beyondText(row, groups))));
  return [
    { what: `${conversation}: all that is sent`, figure: figure(whole), note: `${prompts.length} sections` },
    {
      what: `${conversation}: without the cached part`,
      figure: figure(own),
      note: `${figure(own / prompts.length)} a section`,
    },
    { what: `${conversation}: most for a comment beyond its text`, figure: figure(beyond), note: `${groups} groups` },
  ];
}

const figure = (count: number): string => Math.round(count).toLocaleString('en');

/** Lines of the prompt's table, without the heading. */
function rows(prompt: string): string[] {
  const lines = prompt.slice(prompt.indexOf('<comments columns=')).split('\n');
  return lines.slice(1, lines.indexOf('</comments>'));
}

/** Columns of the table besides id, all, and text. */
const groupCount = (prompt: string): number =>
  (/<comments columns="([^"]*)"/.exec(prompt)?.[1]?.split(' | ').length ?? 3) - 3;

/** Everything of a line that is not the comment's text, the line break included. */
function beyondText(row: string, groups: number): number {
  const text = row
    .split('|')
    .slice(2 + groups)
    .join('|');
  return row.length + 1 - text.length;
}

/** A conversation in memory, as the stores that planning reads. */
export function storesOf(data: ConversationData): { conversations: Conversations; topics: Topics } {
  const { conversation, report, comments, selections, math } = data;
  const selected = new Map(selections.map(({ tid, selection }) => [tid, selection]));
  const base = math.data['base-clusters'];
  return {
    conversations: {
      report: async () => ({ zid: conversation.zid, rid: report.rid, labels: [], mod_level: -1 }),
      topic: async () => conversation.topic,
      comments: async () =>
        comments.map(({ tid, txt, mod, active, is_meta }) => ({
          tid,
          txt,
          mod,
          active,
          is_meta,
          selected: selected.get(tid) !== -1,
        })),
      mathKeys: async () => ({
        tids: math.data.tids,
        extremity: math.data.pca['comment-extremity'],
        consensus: math.data['group-aware-consensus'],
        group_clusters: math.data['group-clusters'],
        base_ids: base.id,
        base_members: base.members,
      }),
      voteSigns: async () => POSTGRES_VOTE,
      groupCounts: async (_zid, groups) => groupCounts(data, groups),
      // planning does not ask for it
      votersCited: async () => ({ voters: 0, cited: 0 }),
    },
    topics: { names: async () => data.topicNames, assignments: async () => data.clusterAssignments },
  };
}

type Groups = Parameters<Conversations['groupCounts']>[1];

/** Current votes by comment and group: of several votes of one person on one comment the last counts. */
function groupCounts({ votes }: ConversationData, groups: Groups): Awaited<ReturnType<Conversations['groupCounts']>> {
  const gidOf = new Map(groups.flatMap(({ gid, pids }) => pids.map((pid) => [pid, gid] as const)));
  const current = [...new Map(votes.map((vote) => [`${vote.pid} ${vote.tid}`, vote])).values()];
  const byCell = Map.groupBy(current, ({ pid, tid }) => `${tid} ${gidOf.get(pid) ?? ''}`);
  return [...byCell.values()].map((cell) => {
    const { pid, tid } = cell[0] as (typeof cell)[number];
    const count = (answer: number) => cell.filter(({ vote }) => vote === answer).length;
    const { agree, disagree, pass } = POSTGRES_VOTE;
    return { tid, gid: gidOf.get(pid) ?? null, agrees: count(agree), disagrees: count(disagree), passes: count(pass) };
  });
}
