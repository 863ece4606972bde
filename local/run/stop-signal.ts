const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm passes a Ctrl-C on that the terminal has sent us already: only a later one means "now". */
const SAME_KEYPRESS_MS = 1_000;

/** Exit code of a run that was stopped, as shells have it for Ctrl-C. */
export const STOPPED = 130;

/**
 * Turns Ctrl-C, a termination and a closed terminal into an abort, so that databases are closed in order. A second
 * Ctrl-C, a second or more later, ends the process at once.
 */
export function stopSignal(): { signal: AbortSignal; release(): void } {
  const stopped = new AbortController();
  let since = 0;
  const onSignal = () => {
    if (stopped.signal.aborted && Date.now() - since > SAME_KEYPRESS_MS) process.exit(STOPPED);
    if (!stopped.signal.aborted) since = Date.now();
    stopped.abort();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: stopped.signal,
    release() {
      for (const name of SIGNALS) process.removeListener(name, onSignal);
    },
  };
}

/** Resolves once the signal has been given, also when that was before the call. */
export const given = (signal: AbortSignal): Promise<'stopped'> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve('stopped');
    signal.addEventListener('abort', () => resolve('stopped'), { once: true });
  });
