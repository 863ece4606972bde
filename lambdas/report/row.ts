import type { LeftOut, Plan, Section } from '../shared/ledger-rows.ts';
import { ridSectionModel } from '../shared/names.ts';
import type { Trimmed } from './claims/check.ts';
import type { storedEvidence } from './claims/evidence.ts';
import type { ClaimFigures } from './claims/figures.ts';
import { citedTids, type Report } from './shape.ts';

/** A row of `Delphi_NarrativeReports`, as the server and web client read it. */
export interface ReportRow {
  rid_section_model: string;
  timestamp: string;
  report_id: string;
  section: string;
  model: string;
  job_id: string;
  batch_id: string;
  /** JSON text */
  report_data: string;
  /** public, as the server gives it to everybody */
  metadata: Record<string, unknown>;
  /** present only when the section could not be written */
  errors?: string;
}

/** A section without what its votes do not prove, and what the rest can be proven from. */
export interface ProvenText extends Trimmed {
  figures: ClaimFigures;
  /** tids of the comments that it cites */
  cited: number[];
  evidence: ReturnType<typeof storedEvidence>;
}

/** Rows that can appear at once: DynamoDB writes as many in one transaction. */
export const MAX_TOGETHER = 100;

/** What a row says about its section. */
type About = Pick<Section, 'section' | 'kind' | 'title' | 'topic'>;

const start = (plan: Plan, section: string, batchId: string) => ({
  rid_section_model: ridSectionModel(plan.report_id, section, plan.model),
  timestamp: plan.published_at ?? plan.report_timestamp,
  report_id: plan.report_id,
  section,
  model: plan.model,
  job_id: plan.report_job_id,
  batch_id: batchId,
});

const metadata = ({ kind, title, topic }: About): Record<string, unknown> => ({
  // the web client says of some providers what a reader should know
  provider: 'anthropic',
  section_kind: kind,
  section_title: title,
  ...(topic
    ? { topic_key: topic.topic_key, topic_name: topic.name, layer_id: topic.layer, cluster_id: topic.cluster }
    : {}),
});

/** The row of a section that was written. Its citations are those of comments the model was shown. */
export function storedRow(
  plan: Plan,
  section: About & Pick<Section, 'shown'>,
  batchId: string,
  text: { report: Report } | ProvenText,
): ReportRow {
  const { report } = text;
  const about = { ...report, id: section.section, title: report.title || section.title };
  const proof = 'figures' in text ? text : undefined;
  const evidence = proof && { evidence: proof.evidence, ...(proof.lost > 0 ? { taken_out: proof.takenOut } : {}) };
  return {
    ...start(plan, section.section, batchId),
    report_data: JSON.stringify({ ...about, ...evidence }),
    metadata: {
      ...metadata(section),
      comments_shown: section.shown.length,
      comments_cited: citedTids(report).length,
      prompt_version: plan.prompt_version,
      ...(proof ? publicFigures(proof.figures) : { claims: plan.legacy ? 'not checked' : 'off' }),
    },
  };
}

/** The figures of a section, each under a name of its own. */
function publicFigures({
  clauses,
  content,
  thin,
  unguarded,
  taken_out,
  proven,
}: ClaimFigures): Record<string, unknown> {
  const byKind = Object.entries(proven).map(([kind, count]) => [`proven_${kind}`, count]);
  return {
    claims: 'checked',
    clauses,
    clauses_content: content,
    clauses_thin: thin,
    clauses_unguarded: unguarded,
    clauses_taken_out: taken_out,
    ...Object.fromEntries(byKind),
  };
}

/**
 * The row of a section without a text. One page of the web client shows by `errors` that something is missing, the other one shows
 * the paragraph; without a row the server answers with another section whose name contains this one's.
 * @param errors for operators: the reason by its name
 * @param why for readers: one sentence
 */
export function gapRow(plan: Plan, section: About | LeftOut, errors: string, why: string): ReportRow {
  const { section: id, title } = section;
  return { ...start(plan, id, ''), report_data: gapText(id, title, why), metadata: metadata(section), errors };
}

function gapText(id: string, title: string, why: string): string {
  const sentences = [{ clauses: [{ text: why, citations: [] }] }];
  return JSON.stringify({ id, title, paragraphs: [{ id: 'why', title: '', sentences }] });
}

/** What is kept of the metadata of a section whose text was erased: what it is about, and nothing that was made from comments. */
const KEPT_METADATA = [
  'provider',
  'section_kind',
  'section_title',
  'topic_key',
  'topic_name',
  'layer_id',
  'cluster_id',
];
const ERASED = 'erased: a comment that this part was made from was erased';

export const isErased = ({ errors }: { errors?: unknown }): boolean => errors === ERASED;

/**
 * The row of a stored section whose text was erased, in the place of the row that it had, whoever wrote that.
 * @param stored with its keys; of the rest only names and titles are kept
 */
export function erasedRow(stored: Record<string, unknown>): Record<string, unknown> {
  const text = (name: string) => (typeof stored[name] === 'string' ? { [name]: stored[name] } : {});
  const { metadata } = stored;
  const facts = typeof metadata === 'object' && metadata !== null ? Object.entries(metadata) : [];
  const kept = Object.fromEntries(facts.filter(([name]) => KEPT_METADATA.includes(name)));
  const id = String(stored.section ?? String(stored.rid_section_model).split('#')[1] ?? '');
  const title = typeof kept.section_title === 'string' ? kept.section_title : String(kept.topic_name ?? id);
  return {
    rid_section_model: stored.rid_section_model,
    timestamp: stored.timestamp,
    ...text('report_id'),
    ...text('section'),
    ...text('model'),
    ...text('job_id'),
    ...text('batch_id'),
    report_data: gapText(
      id,
      title,
      'This part of the report was removed, because a comment that it was made from was erased.',
    ),
    metadata: kept,
    errors: ERASED,
  };
}
