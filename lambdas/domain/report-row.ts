import { ridSectionModel } from './keys.ts';
import type { AskedFacts, Plan } from './ledger-entries.ts';
import { REASONS, type Reason } from './outcome.ts';
import { citedTids, emptyReport, type Report } from './report.ts';

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
  metadata: Record<string, unknown>;
  /** present only when the section could not be written */
  errors?: string;
}

type SectionFacts = Pick<AskedFacts, 'section' | 'kind' | 'title' | 'topic'>;

const start = (plan: Plan, section: string, batchId: string) => ({
  rid_section_model: ridSectionModel(plan.report_id, section, plan.model),
  timestamp: plan.report_timestamp,
  report_id: plan.report_id,
  section,
  model: plan.model,
  job_id: plan.report_job_id,
  batch_id: batchId,
});

const about = (plan: Plan, facts: SectionFacts): Record<string, unknown> => ({
  section_kind: facts.kind,
  section_title: facts.title,
  ...(facts.topic
    ? {
        topic_key: facts.topic.topic_key,
        topic_name: facts.topic.name,
        layer_id: facts.topic.layer,
        cluster_id: facts.topic.cluster,
      }
    : {}),
  prompt_version: plan.prompt_version,
  schema_version: plan.schema_version,
});

/** The row of a section that was written. Its citations are those of comments the model was shown. */
export function storedRow(
  plan: Plan,
  facts: SectionFacts & { shown: number[] },
  batchId: string,
  report: Report,
): ReportRow {
  return {
    ...start(plan, facts.section, batchId),
    report_data: JSON.stringify({ ...report, id: report.id || facts.section, title: report.title || facts.title }),
    metadata: { ...about(plan, facts), comments_shown: facts.shown.length, comments_cited: citedTids(report).length },
  };
}

/** The row of a section that failed for good: the web client shows that there is not enough data. */
export function failedRow(plan: Plan, facts: SectionFacts, batchId: string, reason: Reason): ReportRow {
  return {
    ...start(plan, facts.section, batchId),
    report_data: JSON.stringify(emptyReport(facts.section, facts.title)),
    metadata: about(plan, facts),
    errors: `${reason}: ${REASONS[reason]}`,
  };
}
