import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs the CDK's own command line in this project, talking to whom the environment names.
 * @returns its exit code; 1 when it was stopped
 */
export async function runCdk(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn('cdk', [...args, '--no-notices'], {
    cwd: ROOT,
    // the project's own Node and CDK before whatever else is installed
    env: { ...env, PATH: `${ROOT}node_modules/.bin${delimiter}${env.PATH ?? ''}`, CDK_DISABLE_CLI_TELEMETRY: 'true' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const stop = (signal: NodeJS.Signals) => void child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    const [code] = await once(child, 'exit');
    return code ?? 1;
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}
