import * as z from 'zod';
import { InvalidSetting } from '../lambdas/shared/errors.ts';
import { defaultOf, FLAGS, readWorkerSettings, type WorkerSettings } from '../local/worker/options.ts';
import { command, flag, type OptionText, text } from './command.ts';
import { UsageError } from './errors.ts';

/** Stage of workers: another than that of a deployment, whose executions a worker must not take for lost ones of its own. */
const WORKER_STAGE = 'worker';

const CHECK: OptionText = ['--check', 'only check everything that a worker needs, and say what to do'];
const options = FLAGS.map(({ name, flag: long, does }): OptionText => {
  const value = defaultOf(name);
  // not as a default of the parser's, which would win over the variable
  return [`${long} <value>`, value === undefined ? does : `${does} (default: ${value})`];
});

/** @throws UsageError naming the variable */
function settingsOf(...given: Parameters<typeof readWorkerSettings>): WorkerSettings {
  try {
    return readWorkerSettings(...given);
  } catch (error) {
    if (error instanceof InvalidSetting) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

export const worker = command({
  name: 'worker',
  description:
    'run reports beside a Polis that has no AWS: takes jobs from its DynamoDB until it is stopped; each option may be given as an environment variable of the same name',
  options: [CHECK, ...options],
  input: z.object({ check: flag, ...Object.fromEntries(FLAGS.map(({ key }) => [key, text.optional()])) }),
  async run({ io, global }, given) {
    const input = given as Record<string, unknown>;
    const flags = Object.fromEntries(FLAGS.map(({ name, key }) => [name, input[key]]));
    const settings = settingsOf(io.env, { ...flags, ...(global.region ? { AWS_REGION: global.region } : {}) });
    const stop = io.stop();
    // nothing else needs what this loads
    const { runWorker } = await import('../local/worker/main.ts');
    try {
      const exitCode = await runWorker(
        settings,
        { stage: global.stage || WORKER_STAGE, onlyCheck: input.check === true },
        { out: io.out, err: io.err, isTerminal: process.stdout.isTTY === true, now: io.now, stopped: stop.signal },
      );
      return { value: { stopped: exitCode === 0 }, text: '', exitCode };
    } finally {
      stop.release();
    }
  },
});
