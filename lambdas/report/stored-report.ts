import * as z from 'zod';

/** A row of the reports table as its readers see it; rows of today's pipeline may lack what this project adds. */
export const storedReportSchema = z.object({
  rid_section_model: z.string(),
  timestamp: z.string(),
  report_id: z.string().optional(),
  section: z.string().optional(),
  model: z.string().optional(),
  job_id: z.string().optional(),
  report_data: z.string().optional(),
  metadata: z.unknown().optional(),
  errors: z.unknown().optional(),
});
export type StoredReport = z.infer<typeof storedReportSchema>;
