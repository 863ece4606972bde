/** The HTTP API's routes, the Polis server's and one of this project's own, by the function behind them. */
export const ROUTES = {
  'api-reports': { method: 'GET', path: '/api/v3/delphi/reports' },
  'api-batch-reports': { method: 'POST', path: '/api/v3/delphi/batchReports' },
  'api-cancel': { method: 'POST', path: '/api/v3/delphi/batchReports/{job_id}/cancel' },
} as const;
