import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { endGroup, startGroup } from './processes.ts';
import type { System } from './system.ts';

const PROGRAM = fileURLToPath(new URL('../../../bin/narratives.ts', import.meta.url));

/** Runs `narratives` as an operator does who looks at the emulator. */
export async function narratives({ endpoint, settings }: System, ...args: string[]) {
  const child = startGroup(process.execPath, [PROGRAM, '--endpoint-url', endpoint, ...args], {
    env: {
      PATH: process.env.PATH,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
      ANTHROPIC_BASE_URL: settings.anthropicBaseUrl,
      DATABASE_CA_FILE: settings.databaseCaFile,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (chunk: Buffer) => {
      said[name] += chunk;
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  await endGroup(child);
  return { code, ...said };
}
