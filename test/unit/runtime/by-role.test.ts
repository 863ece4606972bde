import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { esbuildOptions, PROJECT_ROOT } from '../../../lib/bundling.ts';
import { type StandIn, startStandIn } from '../../../stand-in/server.ts';
import { sentAs, WORKSPACE } from '../../support/workspace.ts';

const { workspaceId, region, credentials } = WORKSPACE;
const folder = mkdtempSync(join(tmpdir(), 'narratives-role-'));
const bundle = join(folder, 'index.mjs');
const sent: string[] = [];
let standIn: StandIn;

/** What a function does to reach the API, bundled as it is deployed, in a folder without packages. */
const FUNCTION = `
  import { connectAnthropic } from './lambdas/runtime/connect-anthropic.ts';
  try {
    const batches = await connectAnthropic();
    console.log(JSON.stringify([await batches.knowsModel('claude-sonnet-5-5'), batches === (await connectAnthropic())]));
  } catch (error) {
    console.log(JSON.stringify(error.name + ': ' + error.message));
  }`;

beforeAll(async () => {
  const stdin = { contents: FUNCTION, resolveDir: PROJECT_ROOT, loader: 'ts' } as const;
  await build({ ...esbuildOptions('aws'), stdin, outfile: bundle });
  standIn = await startStandIn({
    apiKey: WORKSPACE,
    onRequest: (request) => void sent.push(...sentAs(request)),
  });
});
afterAll(async () => {
  await standIn.close();
  rmSync(folder, { recursive: true });
});

/** Runs the bundle with the environment that Lambda and the template give a function. */
async function invoke(changes: NodeJS.ProcessEnv = {}): Promise<unknown> {
  const env = {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    ANTHROPIC_PROVIDER: 'aws',
    ANTHROPIC_AWS_WORKSPACE_ID: workspaceId,
    ANTHROPIC_AWS_REGION: region,
    ANTHROPIC_BASE_URL: standIn.url,
    ...changes,
  };
  const child = spawn(process.execPath, [bundle], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return JSON.parse(said);
}

describe('a deployed function with provider aws', () => {
  test('reaches the API by its role, in the region of the workspace, and without a secret', async () => {
    expect(await invoke()).toEqual([true, true]);
    expect(sent).toEqual(['AWS4-HMAC-SHA256']);
  });

  test('is refused with the credentials of another role', async () => {
    expect(await invoke({ AWS_SESSION_TOKEN: 'of-another' })).toMatch(/^KeyRefused: .*UnrecognizedClientException/);
  });

  test('says which variable is missing', async () => {
    expect(await invoke({ ANTHROPIC_AWS_WORKSPACE_ID: undefined })).toMatch(
      /^InvalidSetting: .*ANTHROPIC_AWS_WORKSPACE_ID.*deploy/,
    );
  });
});
