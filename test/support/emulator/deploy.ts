import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runToEnd } from './processes.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Deploys by the command that a person uses, `npm run deploy:emulator`.
 * @param folder for the CDK's output, which is then not shared with other runs
 * @param settings of the stacks, without their prefix
 * @param values of the environment, such as the two secrets
 * @returns what the command printed
 */
export function deploy(
  endpoint: string,
  folder: string,
  settings: Record<string, string>,
  values: Record<string, string> = {},
): Promise<string> {
  const context = Object.entries(settings).flatMap(([key, value]) => ['-c', `narratives:${key}=${value}`]);
  const output = ['--output', join(folder, `cdk.out-${settings.stage ?? 'main'}`)];
  return runToEnd('npm', ['run', 'deploy:emulator', '--', ...output, ...context], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: folder, AWS_ENDPOINT_URL: endpoint, ...values },
  });
}
