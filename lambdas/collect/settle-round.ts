import { readResult } from '../domain/answer.ts';
import { entry } from '../domain/keys.ts';
import type { Answered, Unfiled } from '../domain/ledger-entries.ts';
import { unpack } from '../domain/packed.ts';
import { storedRow } from '../domain/report-row.ts';
import { parseResultLine } from '../domain/result-line.ts';
import { answeredRow } from './answer-rows.ts';
import { factsInSlices } from './asked-sections.ts';
import type { CollectDeps, Round } from './round.ts';

/**
 * After the last line of a round: answers that came without a custom id are filed by elimination where exactly one
 * section is unanswered, else kept as sections `topic_{n}`; what is still unanswered is marked as missing.
 */
export async function settleRound(deps: CollectDeps, round: Round): Promise<void> {
  const nameless: Unfiled[] = [];
  for await (const row of deps.ledger.unfiled(round.plan.job_id)) if (row.why === 'no_custom_id') nameless.push(row);
  const prefix = entry.unfiledInRound(round.round);
  const undecided = nameless.filter((row) => row.entry.startsWith(prefix) && row.filed_as === undefined);
  const unanswered = round.board.unanswered();
  const [only] = unanswered;
  const [answer] = undecided;
  if (unanswered.length === 1 && undecided.length === 1 && only !== undefined && answer) {
    await fileByElimination(deps, round, only, answer);
  } else if (undecided.length > 0) {
    await keepAsTopics(deps, round, nameless, undecided);
  }
  await markMissing(deps, round);
}

async function fileByElimination(deps: CollectDeps, round: Round, ordinal: number, row: Unfiled): Promise<void> {
  const asked = (await round.sections.facts([ordinal])).get(ordinal);
  const line = row.raw && parseResultLine(unpack(row.raw));
  if (!asked || !line) return;
  const shown = new Set(asked.shown);
  const outcome = readResult(line.result, (tid) => shown.has(tid));
  const rows = answeredRow(round, row.batch_id ?? '', ordinal, asked, { line, outcome });
  if (rows.report) await deps.reports.write([rows.report]);
  await deps.ledger.putAnswers([rows.answered]);
  await deps.ledger.putUnfiled([{ ...row, filed_as: asked.section }]);
  round.board.answered(ordinal, rows.answered.kind);
}

/**
 * Stores answers that belong to no one section under names of their own. Numbers follow round and content, so that they
 * stay the same however often and in whatever order the results are read.
 */
async function keepAsTopics(deps: CollectDeps, round: Round, nameless: Unfiled[], undecided: Unfiled[]): Promise<void> {
  const shown = await shownToAny(round, round.board.unanswered());
  for (const [index, row] of nameless.entries()) {
    const line = row.raw && parseResultLine(unpack(row.raw));
    if (!line || !undecided.includes(row)) continue;
    const outcome = readResult(line.result, (tid) => shown.has(tid));
    if (outcome.kind !== 'stored') continue;
    const section = `topic_${index + 1}`;
    const facts = { section, kind: 'topic' as const, title: outcome.report.title || section, shown: [...shown] };
    await deps.reports.write([storedRow(round.plan, facts, row.batch_id ?? '', outcome.report)]);
    await deps.ledger.putUnfiled([{ ...row, filed_as: section }]);
  }
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
