import type { Measured } from '../servers/process.ts';

// node would print the line of the bundle that failed, which is a megabyte long
process.on('uncaughtException', (error) => {
  console.error(error.stack);
  process.exit(1);
});

/**
 * Times a piece of work in this process and prints the measurement for the process that started it.
 * @param work may give figures of its own
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

/** What the process was started with. */
export const input = <T>(): T => JSON.parse(process.argv[2] ?? '{}') as T;
