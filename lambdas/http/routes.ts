/** The Polis server's routes that this project answers, by the function behind them. */
export const ROUTES = {
  'api-reports': { method: 'GET', path: '/api/v3/delphi/reports' },
  'api-batch-reports': { method: 'POST', path: '/api/v3/delphi/batchReports' },
} as const;
