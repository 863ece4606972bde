import type { StoredReport } from '../../lambdas/report/stored-report.ts';

export const REPORT = 'r4kq2mwx7';
/** Can occur in an answer only by leaking. */
export const SECRET_ZID = 90_871_263;

let second = 0;

/** A row of the reports table as this project writes it; each is a second younger than the one before. */
export function reportRow(changes: Partial<StoredReport> = {}): StoredReport {
  const section = changes.section ?? 'batch_re_global_groups';
  const model = changes.model ?? 'claude-sonnet-5-5';
  return {
    rid_section_model: `${REPORT}#${section}#${model}`,
    timestamp: new Date(Date.UTC(2026, 10, 22, 12, 0, second++)).toISOString(),
    report_id: REPORT,
    section,
    model,
    job_id: 'batch_report_r4kq2mwx7_1795348800_abcdef01',
    report_data: JSON.stringify({ id: section, title: 'Groups', paragraphs: [] }),
    metadata: { section_kind: 'groups', comments_shown: 12 },
    ...changes,
  };
}
