import { checkReport, failedClauses, isUnproven, withoutFailed } from '../report/claims/check.ts';
import { type Evidence, storedEvidence } from '../report/claims/evidence.ts';
import { addFigures, type ClaimFigures, figuresOf, NO_FIGURES } from '../report/claims/figures.ts';
import { gapRow, MAX_TOGETHER, type ProvenText, type ReportRow, storedRow } from '../report/row.ts';
import { citedTids, type Report } from '../report/shape.ts';
import type { Tally } from '../report/votes.ts';
import type { FailedClause, Plan, Prompt, Section, Unfiled } from '../shared/ledger-rows.ts';
import { placeOf } from '../shared/names.ts';
import { REASONS, type Reason, reasonText } from '../shared/outcome.ts';
import type { Ledger } from '../stores/ledger.ts';
import type { Reports } from '../stores/reports.ts';
import { readTexts, reportIn, type TextOf } from './answers.ts';
import { evidenceIn } from './evidence.ts';
import { type SectionState, writtenOf } from './sections.ts';
import type { JobSummary } from './summary.ts';

/** Answers whose texts are held in memory at once. */
const TEXTS_AT_ONCE = 100;

/** What was published. */
export interface Published {
  /** sections whose answer is no longer there, or proves too little now: they are gaps of the report */
  gaps: { section: Section; reason: 'gone' | 'unproven' }[];
  /** undefined where claims are not checked */
  claims: PublishedClaims | undefined;
}

export interface PublishedClaims {
  figures: ClaimFigures;
  /** sentences that were taken out, by section */
  takenOut: { section: string; paragraph: string; why: string }[];
  /** comments that the report cites */
  cited: Set<number>;
  /** of comments that any section shows */
  votes: Map<number, readonly Tally[]>;
}

/**
 * Publishes the report of a job: a row for every section that has an answer, and for every gap one that says why. Every clause is proven
 * from the votes once more, wherever its answer comes from, and a sentence with one that fails is left out. Up to 100 rows
 * appear all at once; those of a larger report within seconds. Without any answer nothing is put. May run again: the same rows
 * are put.
 */
export async function publish(
  deps: { ledger: Ledger; reports: Reports },
  plan: Plan,
  summary: Pick<JobSummary, 'states'>,
): Promise<Published> {
  const { states } = summary;
  const claims: PublishedClaims | undefined =
    plan.claims && plan.groups ? { figures: NO_FIGURES, takenOut: [], cited: new Set(), votes: new Map() } : undefined;
  const gaps: Published['gaps'] = [];
  if (!states.some(writtenOf)) return { gaps, claims };
  const rows: ReportRow[] = [
    ...(plan.left_out ?? []).map((section) =>
      gapRow(plan, section, 'no_comments: no comment belongs here', section.why),
    ),
    ...(await namelessRows(deps.ledger, plan, states, claims)),
  ];
  for (let from = 0; from < states.length; from += TEXTS_AT_ONCE) {
    const slice = states.slice(from, from + TEXTS_AT_ONCE);
    const written = slice.flatMap((state) => writtenOf(state) ?? []);
    const [textOf, prompts] = await Promise.all([
      readTexts(
        deps.ledger,
        written.map(({ answer }) => answer),
      ),
      // also of sections without a text: what they would have shown counts as not cited
      deps.ledger.prompts(plan.job_id, claims ? slice.map(({ section }) => section.ordinal) : []),
    ]);
    for (const state of slice) {
      const prompt = prompts.get(state.section.ordinal);
      const evidence = evidenceIn(plan, prompt ? [prompt] : []);
      for (const [tid, tallies] of evidence?.votes ?? []) claims?.votes.set(tid, tallies);
      const { row, gap } = sectionRow(plan, state, textOf, evidence, claims);
      if (gap) gaps.push({ section: state.section, reason: gap });
      if (row) rows.push(row);
    }
    if (states.length > MAX_TOGETHER) await deps.reports.write(rows.splice(0));
  }
  // a report without any text would only hide the one before it
  if (rows.some(({ errors }) => errors === undefined)) await deps.reports.writeTogether(rows);
  return { gaps, claims };
}

/** What a reader is told of a section that could not be written. */
const tellReader = (reason: Reason): string => `This part of the report could not be written: ${REASONS[reason]}.`;

/** @returns `gap`: why a section that should have a text has none */
function sectionRow(
  plan: Plan,
  state: SectionState,
  textOf: TextOf,
  evidence: Evidence | undefined,
  claims: PublishedClaims | undefined,
): { row?: ReportRow; gap?: 'gone' | 'unproven' } {
  const { section } = state;
  const gap = (reason: Reason, said?: string) =>
    gapRow(plan, section, `${reason}: ${reasonText(reason, said)}`, tellReader(reason));
  const written = writtenOf(state);
  if (written) {
    const text = textOf(written.answer, section);
    if (!text) return { row: gap('gone'), gap: 'gone' };
    const proof = claims && evidence ? provenText(text.report, evidence, written.failed) : undefined;
    if (proof && isUnproven(proof)) return { row: gap('unproven'), gap: 'unproven' };
    if (proof && claims) addTo(claims, section.section, proof);
    return { row: storedRow(plan, section, text.batch_id, proof ?? text) };
  }
  if (state.kind === 'unproven') return { row: gap('unproven') };
  if (state.kind === 'ask_again' || state.kind === 'failed') return { row: gap(state.reason, state.said) };
  // of a batch of the old pipeline it is not known what it asked for
  return plan.legacy ? {} : { row: gap('not_asked') };
}

/** A section without the sentences that fail, by the votes or by a second reading. */
function provenText(report: Report, evidence: Evidence, failed: readonly FailedClause[]): ProvenText {
  const checked = checkReport(report, evidence);
  const trimmed = withoutFailed(report, [...failedClauses(checked), ...failed]);
  const figures = figuresOf(checked, trimmed.isOut);
  const cited = citedTids(trimmed.report);
  return { ...trimmed, figures, cited, evidence: storedEvidence(evidence, cited) };
}

function addTo(claims: PublishedClaims, section: string, proof: ProvenText): void {
  claims.figures = addFigures(claims.figures, proof.figures);
  claims.takenOut.push(...proof.takenOut.map((sentence) => ({ section, ...sentence })));
  for (const tid of proof.cited) claims.cited.add(tid);
}

/**
 * Rows for answers that did not say whose they are. They are left out when a section that was missing beside them was asked for again
 * and came: the report would tell the same twice.
 */
async function namelessRows(
  ledger: Ledger,
  plan: Plan,
  states: readonly SectionState[],
  claims: PublishedClaims | undefined,
): Promise<ReportRow[]> {
  const filed: Unfiled[] = [];
  for await (const row of ledger.unfiled(plan.job_id)) if (isNameless(row)) filed.push(row);
  if (filed.length === 0) return [];
  const answers = await Array.fromAsync(ledger.answers(plan.job_id));
  const places = answers
    .filter(({ reason, reads }) => reason === 'missing' && reads === undefined)
    .map(({ entry }) => placeOf(entry));
  const missing = Map.groupBy(places, ({ round }) => round);
  const sections = states.map(({ section }) => section);
  const stored = new Set(states.flatMap((state) => writtenOf(state)?.section.ordinal ?? []));
  const prompts = claims ? await ledger.prompts(plan.job_id, [...sections.keys()]) : new Map<number, Prompt>();
  const evidence = evidenceIn(plan, prompts.values());
  return filed.flatMap((row) => {
    const ordinals = (missing.get(placeOf(row.entry).round) ?? []).map(({ ordinal }) => ordinal);
    if (ordinals.some((ordinal) => stored.has(ordinal))) return [];
    const shown = shownToAny(sections, ordinals);
    const report = reportIn(row, new Set(shown));
    const section = row.filed_as as string;
    const about = { section, kind: 'topic' as const, title: report?.title || section, shown };
    if (!report) return [];
    const proof = claims && evidence ? provenText(report, evidence, []) : undefined;
    if (proof && isUnproven(proof)) return [];
    if (proof && claims) addTo(claims, section, proof);
    return [storedRow(plan, about, row.batch_id ?? '', proof ?? { report })];
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
