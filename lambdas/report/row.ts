import { type MicroUsd, toUsd } from '../money/money.ts';
import type { AskedFacts, Plan, ReusedFrom } from '../shared/ledger-rows.ts';
import { ridSectionModel } from '../shared/names.ts';
import { REASONS, type Reason } from '../shared/outcome.ts';
import { citedTids, emptyReport, type Report } from './shape.ts';

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

/** The key of a row. */
export type ReportKey = Pick<ReportRow, 'rid_section_model' | 'timestamp'>;

type SectionFacts = Pick<AskedFacts, 'section' | 'kind' | 'title' | 'topic'>;
type StoredFacts = SectionFacts & Pick<AskedFacts, 'shown' | 'prompt_hash'>;

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

/**
 * The row of a section that was written. Its citations are those of comments the model was shown.
 * @param cost what this answer cost; undefined: its price is not known
 */
export function storedRow(plan: Plan, facts: StoredFacts, batchId: string, report: Report, cost?: MicroUsd): ReportRow {
  return {
    ...start(plan, facts.section, batchId),
    report_data: JSON.stringify({ ...report, id: report.id || facts.section, title: report.title || facts.title }),
    metadata: {
      ...about(plan, facts),
      comments_shown: facts.shown.length,
      comments_cited: citedTids(report).length,
      // with these a later job finds that it does not have to buy the section again
      ...(facts.prompt_hash ? { prompt_hash: facts.prompt_hash } : {}),
      ...(cost === undefined ? {} : { cost_usd: toUsd(cost) }),
    },
  };
}

/** A text that an earlier job bought. */
export interface BoughtText {
  report: Report;
  /** section name of the row it was read from */
  section: string;
  batch_id: string;
  from: ReusedFrom;
  cost?: MicroUsd | undefined;
}

/** The row of a section whose text an earlier job bought: this job's names and time; text, price and batch of the earlier one. */
export function reusedRow(plan: Plan, facts: StoredFacts, bought: BoughtText): ReportRow {
  const { report, section, batch_id, from, cost } = bought;
  const id = report.id === section ? facts.section : report.id;
  const row = storedRow(plan, facts, batch_id, { ...report, id }, cost);
  return { ...row, metadata: { ...row.metadata, reused_from: from } };
}

/** The row of a section that finally failed: the web client shows that there is not enough data. */
export function failedRow(plan: Plan, facts: SectionFacts, batchId: string, reason: Reason): ReportRow {
  return {
    ...start(plan, facts.section, batchId),
    report_data: JSON.stringify(emptyReport(facts.section, facts.title)),
    metadata: about(plan, facts),
    errors: `${reason}: ${REASONS[reason]}`,
  };
}
