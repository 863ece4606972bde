import { parseResultLine } from '../batch/result-lines.ts';
import { readResult } from '../report/answer.ts';
import { gapRow, MAX_TOGETHER, type ReportRow, storedRow } from '../report/row.ts';
import type { Report } from '../report/shape.ts';
import type { Answered, AnswerRef, Plan, Section, Unfiled } from '../shared/ledger-rows.ts';
import { placeOf } from '../shared/names.ts';
import { REASONS, type Reason, reasonText } from '../shared/outcome.ts';
import { unpack } from '../shared/packed.ts';
import type { Ledger } from '../stores/ledger.ts';
import type { Reports } from '../stores/reports.ts';
import type { SectionState } from './sections.ts';
import type { JobSummary } from './summary.ts';

/** Answers whose texts are held in memory at once. */
const TEXTS_AT_ONCE = 100;

/**
 * Publishes the report of a job: a row for every section that has an answer, and for every gap one that says why. Up to 100 rows
 * appear all at once; those of a larger report within seconds. Without any answer nothing is put. May run again: the same rows
 * are put.
 * @returns sections whose answer is no longer there: they are gaps of the report
 */
export async function publish(
  deps: { ledger: Ledger; reports: Reports },
  plan: Plan,
  summary: Pick<JobSummary, 'states'>,
): Promise<Section[]> {
  const { states } = summary;
  if (!states.some(({ kind }) => kind === 'stored')) return [];
  const rows: ReportRow[] = [
    ...(plan.left_out ?? []).map((section) =>
      gapRow(plan, section, 'no_comments: no comment belongs here', section.why),
    ),
    ...(await namelessRows(deps.ledger, plan, summary.states)),
  ];
  const gone: Section[] = [];
  for (let from = 0; from < states.length; from += TEXTS_AT_ONCE) {
    const slice = states.slice(from, from + TEXTS_AT_ONCE);
    const textOf = await textsOf(deps.ledger, slice);
    for (const state of slice) {
      const row = sectionRow(plan, state, textOf);
      if (!row) continue;
      if (state.kind === 'stored' && row.errors !== undefined) gone.push(state.section);
      rows.push(row);
    }
    if (states.length > MAX_TOGETHER) await deps.reports.write(rows.splice(0));
  }
  // a report without any text would only hide the one before it
  if (rows.some(({ errors }) => errors === undefined)) await deps.reports.writeTogether(rows);
  return gone;
}

/** What a reader is told of a section that could not be written. */
const tellReader = (reason: Reason): string => `This part of the report could not be written: ${REASONS[reason]}.`;

type Texts = (answer: AnswerRef, section: Section) => { report: Report; batch_id: string } | undefined;

function sectionRow(plan: Plan, state: SectionState, textOf: Texts): ReportRow | undefined {
  const { section } = state;
  const gap = (reason: Reason, said?: string) =>
    gapRow(plan, section, `${reason}: ${reasonText(reason, said)}`, tellReader(reason));
  if (state.kind === 'stored') {
    const text = textOf(state.answer, section);
    return text ? storedRow(plan, section, text.batch_id, text.report) : gap('gone');
  }
  if (state.kind !== 'open') return gap(state.reason, state.said);
  // of a batch of the old pipeline it is not known what it asked for
  return plan.legacy ? undefined : gap('not_asked');
}

/** Reads the answers of some sections. */
async function textsOf(ledger: Pick<Ledger, 'answersAt'>, states: readonly SectionState[]): Promise<Texts> {
  const refs = states.flatMap((state) => (state.kind === 'stored' ? [state.answer] : []));
  const rows = new Map((await ledger.answersAt(refs)).map((row) => [`${row.job_id} ${row.entry}`, row]));
  return (answer, section) => {
    const row = rows.get(`${answer.job_id} ${answer.entry}`);
    const report = row && reportIn(row, new Set(section.shown));
    return report && { report, batch_id: row.batch_id ?? '' };
  };
}

/** The report in a line of results as the ledger keeps it; undefined when there is none that can be used. */
export function reportIn({ raw }: Pick<Answered, 'raw'>, shown: ReadonlySet<number>): Report | undefined {
  const line = raw && parseResultLine(unpack(raw));
  const outcome = line && readResult(line.result, (tid) => shown.has(tid));
  return outcome?.kind === 'stored' ? outcome.report : undefined;
}

/**
 * Rows for answers that did not say whose they are. They are left out when a section that was missing beside them was asked for again
 * and came: the report would tell the same twice.
 */
async function namelessRows(ledger: Ledger, plan: Plan, states: readonly SectionState[]): Promise<ReportRow[]> {
  const filed: Unfiled[] = [];
  for await (const row of ledger.unfiled(plan.job_id)) if (isNameless(row)) filed.push(row);
  if (filed.length === 0) return [];
  const answers = await Array.fromAsync(ledger.answers(plan.job_id));
  const places = answers.filter(({ reason }) => reason === 'missing').map(({ entry }) => placeOf(entry));
  const missing = Map.groupBy(places, ({ round }) => round);
  const sections = states.map(({ section }) => section);
  const stored = new Set(states.flatMap(({ kind, section }) => (kind === 'stored' ? [section.ordinal] : [])));
  return filed.flatMap((row) => {
    const ordinals = (missing.get(placeOf(row.entry).round) ?? []).map(({ ordinal }) => ordinal);
    if (ordinals.some((ordinal) => stored.has(ordinal))) return [];
    const shown = shownToAny(sections, ordinals);
    const report = reportIn(row, new Set(shown));
    const section = row.filed_as as string;
    const about = { section, kind: 'topic' as const, title: report?.title || section, shown };
    return report ? [storedRow(plan, about, row.batch_id ?? '', report)] : [];
  });
}

const isNameless = ({ filed_as }: Unfiled): boolean => filed_as?.startsWith('topic_') === true;

/** Comments that the model was shown for any of these sections; with none given, for any section at all. */
export function shownToAny(sections: Iterable<Section>, ordinals: readonly number[]): number[] {
  const wanted = new Set(ordinals);
  const shown = new Set<number>();
  for (const section of sections)
    if (wanted.size === 0 || wanted.has(section.ordinal)) for (const tid of section.shown) shown.add(tid);
  return [...shown];
}
