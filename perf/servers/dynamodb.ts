import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/support/processes.ts';
import { type Running, stopChild } from './process.ts';

const BINARY = fileURLToPath(new URL('../../node_modules/@dynoxide/linux-x64/dynoxide', import.meta.url));
const START_ATTEMPTS = 200;

/** Uses the DynamoDB that DYNAMODB_ENDPOINT names, or starts a dynoxide that keeps everything in memory. */
export async function startDynamo(): Promise<Running> {
  const given = process.env.DYNAMODB_ENDPOINT;
  if (given) return { url: given, stop: async () => undefined };
  if (!existsSync(BINARY)) {
    throw new Error(
      'the benchmark needs a DynamoDB: @dynoxide/linux-x64 is not installed here, so set DYNAMODB_ENDPOINT',
    );
  }
  const port = await freePort();
  const child = spawn(BINARY, ['--port', String(port)], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < START_ATTEMPTS && child.exitCode === null; attempt++) {
    const up = await fetch(url).then(
      () => true,
      () => false,
    );
    if (up) return { url, stop: () => stopChild(child) };
    await pause(25);
  }
  await stopChild(child);
  throw new Error('dynoxide did not start: run node_modules/@dynoxide/linux-x64/dynoxide --port 0 to see why');
}

/** Environment in which the AWS SDK uses it. */
export const awsEnvironment = (url: string): Record<string, string> => ({
  AWS_ENDPOINT_URL_DYNAMODB: url,
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
});
