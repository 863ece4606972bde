import type { LeftOut, Plan, Section } from '../shared/ledger-rows.ts';
import { ridSectionModel } from '../shared/names.ts';
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
  report: Report,
): ReportRow {
  return {
    ...start(plan, section.section, batchId),
    report_data: JSON.stringify({ ...report, id: section.section, title: report.title || section.title }),
    metadata: {
      ...metadata(section),
      comments_shown: section.shown.length,
      comments_cited: citedTids(report).length,
    },
  };
}

/**
 * The row of a section without a text. One page of the web client shows by `errors` that something is missing, the other one shows
 * the paragraph; without a row the server answers with another section whose name contains this one's.
 * @param errors for operators: the reason by its name
 * @param why for readers: one sentence
 */
export function gapRow(plan: Plan, section: About | LeftOut, errors: string, why: string): ReportRow {
  const sentences = [{ clauses: [{ text: why, citations: [] }] }];
  const { section: id, title } = section;
  return {
    ...start(plan, id, ''),
    report_data: JSON.stringify({ id, title, paragraphs: [{ id: 'why', title: '', sentences }] }),
    metadata: metadata(section),
    errors,
  };
}
