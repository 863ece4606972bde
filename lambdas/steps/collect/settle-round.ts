import { parseResultLine } from '../../batch/result-lines.ts';
import { factsInSlices } from '../../job/asked-sections.ts';
import { readResult } from '../../report/answer.ts';
import { type ReportRow, storedRow } from '../../report/row.ts';
import type { Answered, Unfiled } from '../../shared/ledger-rows.ts';
import { entry } from '../../shared/names.ts';
import { unpack } from '../../shared/packed.ts';
import { answeredRow, fitsRow } from './answer-rows.ts';
import type { CollectDeps, Round } from './round.ts';

/** Rows with their lines that are held in memory together. */
const ROWS_AT_ONCE = 25;

/**
 * After the last line of a round: answers that came without a custom id are filed by elimination where exactly one
 * section is unanswered, else kept as sections `topic_{n}`; what is still unanswered is marked as missing.
 */
export async function settleRound(deps: CollectDeps, round: Round): Promise<void> {
  const { undecided, first, topics } = await nameless(deps, round);
  const unanswered = round.board.unanswered();
  const [only] = unanswered;
  if (unanswered.length === 1 && undecided === 1 && only !== undefined && first) {
    await fileByElimination(deps, round, only, first);
  } else if (undecided > 0) {
    await keepAsTopics(deps, round, topics);
  }
  await markMissing(deps, round);
}

const TOPIC = /^topic_(\d+)$/;

/** Whether a row is an answer of this round that does not say whose it is, and has not been decided yet. */
const isUndecided = (round: Round, { why, entry: key, filed_as }: Unfiled): boolean =>
  why === 'no_custom_id' && filed_as === undefined && key.startsWith(entry.unfiledInRound(round.round));

/** Answers without a custom id: how many are undecided, the first of them, and the highest `topic_{n}` that is taken. */
async function nameless(deps: CollectDeps, round: Round) {
  let undecided = 0;
  let first: Unfiled | undefined;
  let topics = 0;
  for await (const row of deps.ledger.unfiled(round.plan.job_id)) {
    topics = Math.max(topics, Number(TOPIC.exec(row.filed_as ?? '')?.[1] ?? 0));
    if (!isUndecided(round, row) || (await isFiled(deps, round, row))) continue;
    undecided += 1;
    first ??= row;
  }
  return { undecided, first, topics };
}

async function fileByElimination(deps: CollectDeps, round: Round, ordinal: number, row: Unfiled): Promise<void> {
  const asked = (await round.sections.facts([ordinal])).get(ordinal);
  const parsed = row.raw && parseResultLine(unpack(row.raw));
  if (!asked || !parsed) return;
  const shown = new Set(asked.shown);
  const outcome = readResult(parsed.result, (tid) => shown.has(tid));
  const line = { text: parsed.text, mark: markOf(round, row) };
  const rows = answeredRow(round, row.batch_id ?? '', ordinal, asked, { line, outcome });
  if (rows.report) await deps.reports.write([rows.report]);
  await deps.ledger.putAnswers([rows.answered]);
  await deps.ledger.putUnfiled([{ ...row, filed_as: asked.section }]);
  round.board.answered(ordinal, rows.answered.kind, line.mark);
}

/**
 * Whether a section has its answer from this line though its row does not say so: a step was lost between the two. The row
 * is made to say it, or the answer would be stored and billed once more.
 */
async function isFiled({ ledger }: CollectDeps, round: Round, row: Unfiled): Promise<boolean> {
  const ordinal = round.board.holderOf(markOf(round, row));
  const asked = ordinal === undefined ? undefined : (await round.sections.facts([ordinal])).get(ordinal);
  if (asked) await ledger.putUnfiled([{ ...row, filed_as: asked.section }]);
  return asked !== undefined;
}

/** Mark of the line that a row keeps. */
const markOf = ({ round }: Round, row: Unfiled): string => row.entry.slice(entry.unfiledInRound(round).length);

/**
 * Stores answers that belong to no one section under names of their own. They are numbered in the order of their content, after those
 * that are taken, so that a step that is run again gives them the same.
 */
async function keepAsTopics(deps: CollectDeps, round: Round, taken: number): Promise<void> {
  const shown = await shownToAny(round, round.board.unanswered());
  let number = taken;
  let rows: { unfiled: Unfiled; report: ReportRow }[] = [];
  const write = async () => {
    await deps.reports.write(rows.map(({ report }) => report));
    await deps.ledger.putUnfiled(rows.map(({ unfiled }) => unfiled));
    rows = [];
  };
  for await (const row of deps.ledger.unfiled(round.plan.job_id, round.round)) {
    if (!isUndecided(round, row)) continue;
    const section = `topic_${number + 1}`;
    const report = topicRow(round, row, section, shown);
    if (!report) continue;
    number += 1;
    rows.push({ unfiled: { ...row, filed_as: section }, report });
    if (rows.length >= ROWS_AT_ONCE) await write();
  }
  if (rows.length > 0) await write();
}

/** The report row of an answer without a section; undefined when it cannot be stored. */
function topicRow(round: Round, row: Unfiled, section: string, shown: Set<number>): ReportRow | undefined {
  const line = row.raw && parseResultLine(unpack(row.raw));
  const outcome = line && readResult(line.result, (tid) => shown.has(tid));
  if (outcome?.kind !== 'stored') return undefined;
  const facts = { section, kind: 'topic' as const, title: outcome.report.title || section, shown: [...shown] };
  const report = storedRow(round.plan, facts, row.batch_id ?? '', outcome.report, row.cost_micro_usd);
  return fitsRow(report) ? report : undefined;
}

/** Comments that the model was shown for any of these sections; with none given, for any section of the round. */
async function shownToAny(round: Round, unanswered: readonly number[]): Promise<Set<number>> {
  const ordinals = unanswered.length > 0 ? unanswered : [...Array(round.plan.sections).keys()];
  const shown = new Set<number>();
  for await (const { facts } of factsInSlices(round.sections, ordinals)) {
    for (const { shown: tids } of facts.values()) for (const tid of tids) shown.add(tid);
  }
  return shown;
}

async function markMissing(deps: CollectDeps, round: Round): Promise<void> {
  const { plan } = round;
  for await (const { ordinals, facts } of factsInSlices(round.sections, round.board.unanswered())) {
    const rows = ordinals.map(
      (ordinal): Answered => ({
        job_id: plan.job_id,
        entry: entry.answered(round.round, ordinal),
        section: facts.get(ordinal)?.section ?? '',
        kind: 'ask_again',
        reason: 'missing',
        expires_at_epoch: plan.expires_at_epoch,
      }),
    );
    await deps.ledger.putAnswers(rows);
    for (const ordinal of ordinals) round.board.answered(ordinal, 'ask_again');
  }
}
