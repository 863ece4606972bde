/** For what is waited for: only what hangs comes to this, and no machine is busy for as long. */
export const HANGS = { timeout: 240_000, interval: 50 };
