import { tellReused } from '../lambdas/job/summary.ts';
import type { JobDetails } from './commands/job.ts';
import { columns, plainLine } from './print.ts';

const number = (value: number): string => value.toLocaleString('en');

/** All about one job, in blocks. */
export function jobText(details: JobDetails): string {
  const { job, watches_for, execution, console: link, error, log } = details;
  const shown = Object.entries(job).filter(([, value]) => value !== '');
  const row: string[][] = shown.map(([name, value]) => [name, plainLine(String(value))]);
  if (watches_for) row.push(['watches for', watches_for]);
  if (execution) row.push(['execution', execution]);
  if (link) row.push(['console', link]);
  const blocks = [columns(row), batches(details), sections(details), figures(details)];
  if (error) blocks.push(`why it failed: ${plainLine(error)}`);
  if (log.length > 0)
    blocks.push(log.map((line) => `${line.timestamp.slice(0, 19)}  ${plainLine(line.message)}`).join('\n'));
  return blocks.filter((block) => block !== '').join('\n\n');
}

function batches({ batches: all }: JobDetails): string {
  if (all.length === 0) return 'no batch was sent';
  const rows = all.map(({ round, part, state, requests, batch_id }) => [
    `round ${round}, part ${part}`,
    batch_id ?? '(not confirmed)',
    state,
    `${requests} sections`,
  ]);
  return columns(rows);
}

function sections({ sections: all, ended }: JobDetails): string {
  if (!all) return 'its sections are not planned yet, or its ledger is gone';
  const { planned, stored, reused, reused_saved_usd: saved, failed, unfiled, left_out } = all;
  const open = ended ? 'failed' : 'to ask again or failed';
  return [
    `${stored} of ${planned} sections stored${tellReused({ reused, reused_saved_usd: saved ?? undefined })}, ${failed.length} ${open}${unfiled > 0 ? `, ${unfiled} answers not filed` : ''}`,
    ...failed.map(({ section, reason, message }) => `  ${section}  ${reason}: ${message}`),
    ...(left_out.length > 0 ? [`left out, as no comment belongs to them: ${left_out.map(plainLine).join('; ')}`] : []),
  ].join('\n');
}

function figures({ rounds, tokens, cost_usd, expected_usd }: JobDetails): string {
  if (!tokens || rounds === 0) return '';
  const input = tokens.input + tokens.cache_read + tokens.cache_write;
  const price = cost_usd === null ? 'price unknown' : `$${cost_usd.toFixed(4)}`;
  const expected = expected_usd === null ? '' : ` (expected $${expected_usd.toFixed(4)})`;
  return `${rounds === 1 ? '1 round' : `${rounds} rounds`}, ${number(input)} tokens in, ${number(tokens.output)} out, ${price}${expected}`;
}
