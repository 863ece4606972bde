import type { Log } from '../../lambdas/shared/log.ts';
import type { Measured } from '../servers/process.ts';

/** What the process was started with. */
export function input<T>(): T {
  // node would print the line of the bundle that failed, which is a megabyte long
  process.on('uncaughtException', (error) => {
    console.error(error.stack);
    process.exit(1);
  });
  return JSON.parse(process.argv[2] ?? '{}') as T;
}

/**
 * Times a piece of work in this process and prints the measurement for the process that started it.
 * @param work may return more figures
 */
export async function measure(work: () => Promise<unknown>): Promise<void> {
  const cpu = process.cpuUsage();
  const from = process.hrtime.bigint();
  const figures = await work();
  const ms = Number(process.hrtime.bigint() - from) / 1e6;
  const { user, system } = process.cpuUsage(cpu);
  const measured: Measured = { ms, cpuMs: (user + system) / 1e3, peakMiB: process.resourceUsage().maxRSS / 1024 };
  process.stdout.write(JSON.stringify({ ...measured, ...(figures as Partial<Measured> | undefined) }));
}

/** A log that keeps nothing; errors that are thrown still end the run. */
export const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
