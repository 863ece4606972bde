/** Days a row of the ledger is kept. Results can be had from the API for 29 days. */
export const LEDGER_DAYS = 180;
