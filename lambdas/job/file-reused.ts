import { reusableText } from '../report/reusable.ts';
import { type ReportRow, reusedRow } from '../report/row.ts';
import type { Answered, AskedFacts, Plan } from '../shared/ledger-rows.ts';
import type { Log } from '../shared/log.ts';
import { entry, ordinalOf } from '../shared/names.ts';
import type { Ledger } from '../stores/ledger.ts';
import type { Reports } from '../stores/reports.ts';
import { rowsByKey, TEXTS_AT_ONCE } from './rows-by-key.ts';

interface FileDeps {
  ledger: Ledger;
  reports: Reports;
  log: Log;
}

/**
 * Stores the sections of a job that need not be bought: the text of then under this job's names, and in the ledger's round 0
 * that it is stored. This is done when what was bought is stored as well, and not when the job is planned: the web client
 * shows the newest run, which would hold the reused sections only for as long as the batch takes. May run again from its
 * start at any moment.
 * @returns how many of their texts are there no more: they are left to be asked for in the next round
 */
export async function fileReused(deps: FileDeps, plan: Plan): Promise<number> {
  if (!plan.reused) return 0;
  const { ledger } = deps;
  let gone = 0;
  const filed = new Set<number>();
  for await (const { entry: key, kind } of ledger.answers(plan.job_id, 0)) {
    filed.add(ordinalOf(key));
    if (kind !== 'stored') gone += 1;
  }
  const open = (await Array.fromAsync(ledger.askedOrdinals(plan.job_id, 0))).filter((ordinal) => !filed.has(ordinal));
  for (let from = 0; from < open.length; from += TEXTS_AT_ONCE) {
    const asked = await ledger.askedFacts(plan.job_id, 0, open.slice(from, from + TEXTS_AT_ONCE));
    gone += await fileSlice(deps, plan, [...asked.values()]);
  }
  if (open.length > 0)
    deps.log.info('reused sections stored', { job_id: plan.job_id, sections: plan.reused - gone, gone });
  return gone;
}

async function fileSlice({ ledger, reports }: FileDeps, plan: Plan, asked: AskedFacts[]): Promise<number> {
  const texts = await textsFor(reports, plan, asked);
  const rows: ReportRow[] = [];
  const answers = asked.map((facts): Answered => {
    const text = texts.get(facts.ordinal);
    if (text) rows.push(reusedRow(plan, facts, text));
    return answeredRow(plan, facts, text !== undefined);
  });
  // reports first: an answered row says that its section is stored
  await reports.write(rows);
  await ledger.putAnswers(answers);
  return answers.length - rows.length;
}

async function textsFor(reports: Reports, plan: Plan, asked: readonly AskedFacts[]) {
  // two sections may have the same prompt, and so the same text
  const rowOf = await rowsByKey(
    reports,
    asked.flatMap(({ reuse }) => reuse?.key ?? []),
  );
  return new Map(
    asked.flatMap((facts) => {
      const text = facts.reuse && reusableText(rowOf(facts.reuse.key), plan, facts);
      return text ? [[facts.ordinal, text]] : [];
    }),
  );
}

function answeredRow(plan: Plan, { section, ordinal, reuse }: AskedFacts, stored: boolean): Answered {
  const { job_id, expires_at_epoch } = plan;
  const about = { job_id, entry: entry.answered(0, ordinal), section, expires_at_epoch };
  if (!stored || !reuse) return { ...about, kind: 'ask_again', reason: 'gone' };
  return { ...about, kind: 'stored', reused_from: reuse.from, saved_micro_usd: reuse.saved_micro_usd };
}
