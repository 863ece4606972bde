/**
 * What the pages show, as plain JSON: the server reads it, writes HTML from it, and sends it again whenever it has
 * changed; the script in the page draws the same views from it. Nothing here needs Node.js.
 */

/** One batch of a job, as its ledger has it. */
export interface BatchState {
  round: number;
  part: number;
  state: string;
  requests: number;
  batch_id: string | null;
}

export interface JobState {
  job_id: string;
  report_id: string | null;
  /** PENDING, PROCESSING, COMPLETED, FAILED, CANCELLED, or a word of another worker's */
  status: string;
  model: string | null;
  /** ISO 8601; null while it has not happened */
  created_at: string | null;
  started_at: string | null;
  completed_at: string | null;
  /** null while the job is not planned, or when its ledger is gone */
  sections: { planned: number; stored: number; reused: number; failed: number } | null;
  /** how often was asked for sections so far */
  rounds: number;
  batches: BatchState[];
  /** what a job that has not ended does or waits for */
  waits_for: string;
  /** why a job failed */
  error: string;
  /** US dollars; null when not known */
  cost_usd: number | null;
  expected_usd: number | null;
  /** what a person can ask for */
  may: { cancel: boolean; redrive: boolean; publish: boolean };
}

/** More about one job, for its own page. */
export interface JobDetails extends JobState {
  execution: string | null;
  worker: string | null;
  tokens: { input: number; output: number } | null;
  /** when a person published what a stopped job has; ISO 8601 */
  published_at: string | null;
  failed: { title: string; message: string }[];
  left_out: string[];
  log: { at: string; message: string }[];
}

/** Whose money it is, and how much of it. */
export interface Service {
  /** no model is called, and nothing is paid */
  simulated: boolean;
  /** false: a page may start nothing that costs money */
  may_spend: boolean;
  day: { day: string; committed_usd: number; open_usd: number; unpriced_rounds: number; budget_usd: number | null };
}

export interface JobsPageState {
  view: 'jobs';
  service: Service;
  jobs: JobState[];
  /** reports that can be asked for, as far as they are known */
  reports: { report_id: string; title: string }[];
  default_model: string;
}

export interface JobPageState {
  view: 'job';
  service: Service;
  job: JobDetails;
}

export type LiveState = JobsPageState | JobPageState;
