import { parseResultLine } from '../../batch/result-lines.ts';
import { reportIn } from '../../job/answers.ts';
import { shownToAny } from '../../job/publish.ts';
import type { Answered, Section, Unfiled } from '../../shared/ledger-rows.ts';
import { entry } from '../../shared/names.ts';
import { unpack } from '../../shared/packed.ts';
import { knownAnswer } from './answer-rows.ts';
import { answerIn, readAskedBy } from './read-line.ts';
import type { CollectDeps, Round } from './round.ts';

/**
 * After the last line of a round: answers that came without a custom id are filed by elimination where exactly one
 * section is unanswered, else kept as sections `topic_{n}`; what is still unanswered is marked as missing.
 */
export async function settleRound(deps: CollectDeps, round: Round): Promise<void> {
  const rows = await Array.fromAsync(deps.ledger.unfiled(round.plan.job_id));
  const undecided = await stillUndecided(deps, round, rows);
  const unanswered = round.answers.unanswered();
  const [first] = undecided;
  const only = round.sections.all.get(unanswered[0] ?? -1);
  if (unanswered.length === 1 && undecided.length === 1 && only && first) {
    await fileByElimination(deps, round, only, first);
  } else if (undecided.length > 0) {
    const taken = rows.map(({ filed_as }) => Number(TOPIC.exec(filed_as ?? '')?.[1] ?? 0));
    await keepAsTopics(deps, round, undecided, Math.max(0, ...taken));
  }
  await markMissing(deps, round);
}

const TOPIC = /^topic_(\d+)$/;

/** Answers of this round that do not say whose they are, and have not been decided on yet. */
async function stillUndecided(deps: CollectDeps, round: Round, rows: readonly Unfiled[]): Promise<Unfiled[]> {
  const undecided: Unfiled[] = [];
  for (const row of rows) {
    const { why, filed_as } = row;
    const ofRound = why === 'no_custom_id' && row.entry.startsWith(entry.unfiledInRound(round.round));
    if (ofRound && filed_as === undefined && !(await isFiled(deps, round, row))) undecided.push(row);
  }
  return undecided;
}

async function fileByElimination(deps: CollectDeps, round: Round, section: Section, row: Unfiled): Promise<void> {
  const parsed = row.raw && parseResultLine(unpack(row.raw));
  if (!parsed) return;
  const line = { ...parsed, mark: markOf(round, row) };
  const asked = await readAskedBy(deps.ledger, round, [section.ordinal]);
  const answered = answerIn(round, row.batch_id ?? '', section, line, asked);
  const known = knownAnswer(section, answered);
  await deps.ledger.putAnswers([answered], known ? [known] : []);
  await deps.ledger.putUnfiled([{ ...row, filed_as: section.section }]);
  round.answers.take(section.ordinal, answered.kind, line.mark);
}

/**
 * Whether a section has its answer from this line though its row does not say so: a step was lost between the two. The row
 * is made to say it, or the answer would be stored and billed once more.
 */
async function isFiled({ ledger }: CollectDeps, round: Round, row: Unfiled): Promise<boolean> {
  const section = round.sections.all.get(round.answers.holderOf(markOf(round, row)) ?? -1);
  if (section) await ledger.putUnfiled([{ ...row, filed_as: section.section }]);
  return section !== undefined;
}

/** Mark of the line that a row keeps. */
const markOf = ({ round }: Round, row: Unfiled): string => row.entry.slice(entry.unfiledInRound(round).length);

/**
 * Names answers that belong to no one section. They are numbered in the order of their content, after those
 * that are taken, so that a step that is run again gives them the same.
 */
async function keepAsTopics(
  deps: CollectDeps,
  round: Round,
  undecided: readonly Unfiled[],
  taken: number,
): Promise<void> {
  const shown = new Set(shownToAny(round.sections.all.values(), round.answers.unanswered()));
  const usable = undecided.filter((row) => reportIn(row, shown) !== undefined);
  await deps.ledger.putUnfiled(usable.map((row, index) => ({ ...row, filed_as: `topic_${taken + index + 1}` })));
}

async function markMissing({ ledger }: CollectDeps, { plan, round, sections, reads, answers }: Round): Promise<void> {
  const unanswered = answers.unanswered();
  await ledger.putAnswers(
    unanswered.map(
      (ordinal): Answered => ({
        job_id: plan.job_id,
        entry: entry.answered(round, ordinal),
        section: sections.all.get(ordinal)?.section ?? '',
        kind: 'ask_again',
        reason: 'missing',
        ...(reads.has(ordinal) ? { reads: '' } : {}),
        expires_at_epoch: plan.expires_at_epoch,
      }),
    ),
  );
  for (const ordinal of unanswered) answers.take(ordinal, 'ask_again', '');
}
