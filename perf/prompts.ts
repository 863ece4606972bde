import { planJob } from '../lambdas/job/plan.ts';
import { SYSTEM_PROMPT } from '../lambdas/report/system-prompt.ts';
import type { Asked } from '../lambdas/shared/ledger-rows.ts';
import { unpack } from '../lambdas/shared/packed.ts';
import { SAMPLE, sampleConversation } from '../local/sample.ts';
import { NOTHING_STORED, portsOf } from './data/sample-ports.ts';
import type { Line } from './print.ts';

/** What a job of the project's own sample asks. */
export async function sampleAsked(): Promise<Asked[]> {
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
    allow_unpriced: false,
  };
  const settings = { jobBudget: undefined, dayBudget: undefined, unpricedModels: [], ledgerDays: 180 };
  const deps = {
    ...portsOf(data),
    ...NOTHING_STORED,
    batches: { knowsModel: async () => true },
    settings,
    now: () => now,
  };
  return (await planJob(deps, row, config)).asked;
}

/** Characters of the prompts of one report, and the most that a comment takes in them beyond its own text. */
export function promptLines(conversation: string, asked: readonly Asked[]): Line[] {
  const prompts = asked.map(({ prompt }) => unpack(prompt));
  const own = prompts.reduce((sum, prompt) => sum + prompt.length, 0);
  const whole = own + prompts.length * SYSTEM_PROMPT.length;
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

/** Lines of the prompt's table, the heading left out. */
function rows(prompt: string): string[] {
  const lines = prompt.slice(prompt.indexOf('<comments columns=')).split('\n');
  return lines.slice(1, lines.indexOf('</comments>'));
}

/** Columns of the table but for id, all, and text. */
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
