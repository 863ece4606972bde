/** Indexes that functions query, with their tables. */
export type JobIndex = 'StatusCreatedIndex' | 'ConversationIndex';
export type ReportIndex = 'ReportIdTimestampIndex';

/**
 * What a function does with the rows of a table, one word for each action of DynamoDB. What is written in a transaction counts as
 * `put`, `update` or `delete`. A query of an index names the index: it opens that index and nothing of the table.
 */
export type TableUse<Index extends string = never> =
  | 'get'
  | 'get-many'
  | 'query'
  | 'put'
  | 'put-many'
  | 'update'
  | 'delete'
  | `query ${Index}`;

/** What a function asks of the Anthropic API, one word for each action of Claude Platform on AWS; `read`: status and results. */
export type AnthropicUse = 'know-model' | 'send' | 'read' | 'list' | 'cancel';

/**
 * What a function may use, and its limits. The functions' environment, permissions and limits all come from this one table. It
 * allows what some path of the function's code does, and nothing else: `test/system/permissions.test.ts` holds it against recorded runs.
 */
export interface FunctionNeeds {
  readonly does: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly jobs?: readonly TableUse<JobIndex>[];
  readonly ledger?: readonly TableUse[];
  readonly reports?: readonly TableUse<ReportIndex>[];
  /** Delphi's tables of topics, and of the topics of each comment. */
  readonly topicNames?: readonly TableUse[];
  readonly clusterAssignments?: readonly TableUse[];
  /** Of the state machine. */
  readonly executions?: readonly ('start' | 'describe')[];
  /** What it asks of the Anthropic API, with the key from its secret or by its role. */
  readonly anthropic?: readonly AnthropicUse[];
  /** Reads the PostgreSQL of Polis, at the address from its secret. */
  readonly database?: true;
  /** Chooses the model of a job that names none. */
  readonly defaultModel?: true;
  /** Submits batches, which cost money, within the budgets. */
  readonly pays?: true;
}

const MINUTE = 60;

/** Functions of the main stack. */
export const FUNCTIONS = {
  dispatch: {
    does: 'Starts one execution for each new narrative job row',
    timeoutSeconds: MINUTE,
    memoryMb: 256,
    jobs: ['update'],
    executions: ['start'],
  },
  adopt: {
    does: 'Adopts a batch that another worker submitted',
    timeoutSeconds: 5 * MINUTE,
    memoryMb: 512,
    jobs: ['get', 'update'],
    ledger: ['get', 'query', 'put'],
    topicNames: ['query'],
    database: true,
    defaultModel: true,
  },
  submit: {
    does: 'Plans the sections, writes the ledger and submits one batch',
    timeoutSeconds: 5 * MINUTE,
    memoryMb: 1024,
    jobs: ['get', 'put', 'update'],
    ledger: ['get', 'get-many', 'query', 'put', 'put-many', 'update', 'delete'],
    topicNames: ['query'],
    clusterAssignments: ['query'],
    anthropic: ['know-model', 'send', 'read', 'list', 'cancel'],
    database: true,
    defaultModel: true,
    pays: true,
  },
  'check-status': {
    does: 'Asks whether the batch has ended and how long to wait',
    timeoutSeconds: MINUTE,
    memoryMb: 256,
    jobs: ['get', 'update'],
    ledger: ['query', 'put', 'delete'],
    anthropic: ['read', 'cancel'],
  },
  collect: {
    does: 'Keeps every answer of the batch in the ledger, as a section or as a named failure',
    timeoutSeconds: 15 * MINUTE,
    memoryMb: 1024,
    jobs: ['get', 'update'],
    ledger: ['get', 'get-many', 'query', 'put', 'put-many', 'update', 'delete'],
    anthropic: ['read'],
  },
  complete: {
    does: 'Publishes the report, names the sections that failed, and finishes the job',
    timeoutSeconds: 15 * MINUTE,
    memoryMb: 1024,
    jobs: ['get', 'update'],
    ledger: ['get', 'get-many', 'query', 'put-many'],
    reports: ['put', 'put-many'],
    database: true,
  },
  fail: {
    does: 'Writes on the job row why it failed',
    timeoutSeconds: MINUTE,
    memoryMb: 256,
    jobs: ['get', 'update'],
    ledger: ['get', 'query', 'put'],
  },
  'execution-changed': {
    does: 'Marks the job row when its execution is stopped, times out, fails outside "Fail job", or is redriven',
    timeoutSeconds: MINUTE,
    memoryMb: 256,
    jobs: ['get', 'update'],
    ledger: ['get', 'query', 'put'],
  },
  sweep: {
    does: 'Finds job rows and paid batches that nobody works on, and starts or resumes them',
    timeoutSeconds: 5 * MINUTE,
    memoryMb: 512,
    jobs: ['get', 'update', 'query StatusCreatedIndex'],
    ledger: ['get', 'query', 'put'],
    executions: ['start', 'describe'],
  },
} as const satisfies Record<string, FunctionNeeds>;

/** Functions of the optional HTTP API. */
export const API_FUNCTIONS = {
  'api-reports': {
    does: 'GET /api/v3/delphi/reports: the stored sections of a report',
    timeoutSeconds: 30,
    memoryMb: 512,
    reports: ['query ReportIdTimestampIndex'],
  },
  'api-report-page': {
    does: 'GET /api/v3/delphi/reports/{report_id}/html: a report as one page, with the comments that it cites',
    timeoutSeconds: 30,
    memoryMb: 1024,
    jobs: ['get'],
    reports: ['query ReportIdTimestampIndex'],
    ledger: ['get', 'get-many'],
    database: true,
  },
  'api-batch-reports': {
    does: 'POST /api/v3/delphi/batchReports: writes a job row, at most one active a report',
    timeoutSeconds: 30,
    memoryMb: 512,
    jobs: ['get', 'put', 'query ConversationIndex'],
    ledger: ['get', 'put'],
    database: true,
    defaultModel: true,
  },
  'api-cancel': {
    does: 'POST /api/v3/delphi/batchReports/{job_id}/cancel: sets a job CANCELLED',
    timeoutSeconds: 30,
    memoryMb: 256,
    jobs: ['get', 'update'],
  },
} as const satisfies Record<string, FunctionNeeds>;

export type FunctionName = keyof typeof FUNCTIONS;
export type ApiFunctionName = keyof typeof API_FUNCTIONS;
/** The functions that the state machine calls, a task each. */
export type StepName = 'adopt' | 'submit' | 'check-status' | 'collect' | 'complete' | 'fail';

export const FUNCTION_NAMES = Object.keys(FUNCTIONS) as FunctionName[];
