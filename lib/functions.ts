/**
 * What a function may use, and its limits. The functions' environment, permissions and limits all come from this one table.
 * `writes` includes reading.
 */
export interface FunctionNeeds {
  readonly does: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  /** Does not use job rows; every other function reads and changes them. */
  readonly jobs?: 'none';
  /** Adds job rows, besides changing the one it works on. */
  readonly addsJobs?: true;
  readonly ledger?: 'writes';
  readonly reports?: 'reads' | 'writes';
  /** The index of the job table that it queries. */
  readonly jobIndex?: 'StatusCreatedIndex' | 'ConversationIndex';
  /** The index of the reports table that it queries. */
  readonly reportIndex?: 'ReportIdTimestampIndex';
  /** Reads Delphi's topic tables. */
  readonly topics?: true;
  /** Calls the Anthropic API. */
  readonly anthropic?: true;
  /** Reads the PostgreSQL of Polis. */
  readonly database?: true;
  /** Decides what a job asks for and what it may cost. */
  readonly plans?: true;
  /** Submits batches, which cost money. */
  readonly pays?: true;
  /** Starts executions. */
  readonly starts?: true;
  /** Looks up the status of an execution. */
  readonly describes?: true;
}

const MINUTE = 60;

/** Functions of the main stack. */
export const FUNCTIONS = {
  dispatch: {
    does: 'Starts one execution for each new narrative job row',
    timeoutSeconds: MINUTE,
    memoryMb: 256,
    starts: true,
  },
  adopt: {
    does: 'Adopts a batch that another worker submitted',
    timeoutSeconds: 5 * MINUTE,
    memoryMb: 512,
    ledger: 'writes',
    topics: true,
    database: true,
    plans: true,
  },
  submit: {
    does: 'Plans the sections, writes the ledger and submits one batch',
    timeoutSeconds: 5 * MINUTE,
    memoryMb: 1024,
    addsJobs: true,
    ledger: 'writes',
    topics: true,
    anthropic: true,
    database: true,
    plans: true,
    pays: true,
  },
  'check-status': {
    does: 'Asks whether the batch has ended and how long to wait',
    timeoutSeconds: MINUTE,
    memoryMb: 256,
    ledger: 'writes',
    anthropic: true,
  },
  collect: {
    does: 'Keeps every answer of the batch in the ledger, as a section or as a named failure',
    timeoutSeconds: 15 * MINUTE,
    memoryMb: 1024,
    ledger: 'writes',
    anthropic: true,
  },
  complete: {
    does: 'Publishes the report, names the sections that failed, and finishes the job',
    timeoutSeconds: 2 * MINUTE,
    memoryMb: 512,
    ledger: 'writes',
    reports: 'writes',
  },
  fail: {
    does: 'Writes on the job row why it failed',
    timeoutSeconds: MINUTE,
    memoryMb: 256,
    ledger: 'writes',
  },
  'execution-changed': {
    does: 'Marks the job row when its execution is stopped, times out, fails outside "Fail job", or is redriven',
    timeoutSeconds: MINUTE,
    memoryMb: 256,
    ledger: 'writes',
  },
  sweep: {
    does: 'Finds job rows and paid batches that nobody works on, and starts or resumes them',
    timeoutSeconds: 5 * MINUTE,
    memoryMb: 512,
    ledger: 'writes',
    jobIndex: 'StatusCreatedIndex',
    starts: true,
    describes: true,
  },
} as const satisfies Record<string, FunctionNeeds>;

/** Functions of the optional HTTP API. */
export const API_FUNCTIONS = {
  'api-reports': {
    does: 'GET /api/v3/delphi/reports: the stored sections of a report',
    timeoutSeconds: 30,
    memoryMb: 512,
    jobs: 'none',
    reports: 'reads',
    reportIndex: 'ReportIdTimestampIndex',
  },
  'api-batch-reports': {
    does: 'POST /api/v3/delphi/batchReports: writes a job row, at most one active a report',
    timeoutSeconds: 30,
    memoryMb: 512,
    addsJobs: true,
    jobIndex: 'ConversationIndex',
    ledger: 'writes',
    database: true,
  },
  'api-cancel': {
    does: 'POST /api/v3/delphi/batchReports/{job_id}/cancel: sets a job CANCELLED',
    timeoutSeconds: 30,
    memoryMb: 256,
  },
} as const satisfies Record<string, FunctionNeeds>;

export type FunctionName = keyof typeof FUNCTIONS;
export type ApiFunctionName = keyof typeof API_FUNCTIONS;
/** The functions that the state machine calls, a task each. */
export type StepName = 'adopt' | 'submit' | 'check-status' | 'collect' | 'complete' | 'fail';

export const FUNCTION_NAMES = Object.keys(FUNCTIONS) as FunctionName[];
