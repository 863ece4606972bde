import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import selfsigned from 'selfsigned';
import { startPostgres } from '../../../perf/servers/postgres.ts';
import { endGroup, runToEnd, startGroup } from '../processes.ts';

export interface Ministack {
  url: string;
  logFile: string;
  /** The end of what it said. */
  logTail(): string;
  stop(): Promise<void>;
}

/** So many looks, and not a time: on a busy machine each takes longer. */
const MAX_LOOKS = 2_000;
/** A Wait of 5 seconds takes a quarter of one. */
const WAIT_SCALE = '0.05';
const TAIL_LINES = 60;

/**
 * Starts MiniStack on a free port. Its functions inherit its environment, so it is given almost none.
 * @param bin folder of the virtual environment's programs
 * @param parts.folder keeps its log and what it unpacks
 * @param parts.functionsUse what the functions take for AWS
 */
export async function startMinistack(
  bin: string,
  { folder, port, functionsUse }: { folder: string; port: number; functionsUse: string },
): Promise<Ministack> {
  const logFile = join(folder, 'ministack.log');
  const log = openSync(logFile, 'a');
  const child = startGroup(join(bin, 'ministack'), [], {
    cwd: folder,
    // the Node that runs the tests is the one that runs the functions
    env: {
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
      HOME: folder,
      TMPDIR: folder,
      S3_DATA_DIR: join(folder, 's3'),
      STATE_DIR: join(folder, 'state'),
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      AWS_ENDPOINT_URL: functionsUse,
      SFN_WAIT_SCALE: WAIT_SCALE,
    },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const url = `http://127.0.0.1:${port}`;
  const logTail = () => readFileSync(logFile, 'utf8').split('\n').slice(-TAIL_LINES).join('\n');
  for (let looks = 1; !(await isUp(url)); looks++) {
    if (child.exitCode !== null || looks > MAX_LOOKS) {
      await endGroup(child);
      throw new Error(`MiniStack did not start:\n${logTail()}`);
    }
    await pause(50);
  }
  return { url, logFile, logTail, stop: () => endGroup(child) };
}

const isUp = (url: string): Promise<boolean> =>
  fetch(`${url}/_ministack/health`).then(
    (answer) => answer.ok,
    () => false,
  );

const REQUIREMENTS = fileURLToPath(new URL('./requirements.txt', import.meta.url));
const PROBE = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))';

/** Whether this machine has a Python that makes virtual environments and is new enough for MiniStack. */
export function hasPython(): boolean {
  try {
    execFileSync('python3', ['-c', PROBE], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Installs MiniStack at its pinned version into a virtual environment of its own. @returns the folder of its programs */
export async function installMinistack(folder: string): Promise<string> {
  const venv = join(folder, 'venv');
  await runToEnd('python3', ['-m', 'venv', venv]);
  const flags = ['--quiet', '--disable-pip-version-check', '--only-binary', ':all:', '--no-deps', '--no-compile'];
  await runToEnd(join(venv, 'bin', 'pip'), ['install', ...flags, '-r', REQUIREMENTS]);
  return join(venv, 'bin');
}

const FILE = fileURLToPath(new URL('./stand-in.ts', import.meta.url));

/** Starts the stand-in of the Anthropic API. @param apiKey the only key that it lets in */
export async function startAnthropic(apiKey: string) {
  const child = startGroup(process.execPath, [FILE, apiKey], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout as NodeJS.ReadableStream);
  const [line] = await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => [])]);
  if (!line) throw new Error('the stand-in of the Anthropic API did not start: see its messages above');
  const { url, control } = JSON.parse(line) as { url: string; control: string };
  return { url, control, stop: () => endGroup(child) };
}

/** A real PostgreSQL that speaks TLS. @returns beside its address, the file of the authority that signed its certificate */
export async function startDatabase(folder: string) {
  const authority = await selfsigned.generate([{ name: 'commonName', value: 'Harbour CA' }], {
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'keyUsage', keyCertSign: true },
    ],
  });
  const server = await selfsigned.generate([{ name: 'commonName', value: 'localhost' }], {
    algorithm: 'sha256',
    ca: { key: authority.private, cert: authority.cert },
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  const caFile = join(folder, 'authority.pem');
  writeFileSync(caFile, authority.cert);
  const { url, stop } = await startPostgres({ ssl: { cert: server.cert, key: server.private } });
  return { url: url.replace('127.0.0.1', 'localhost'), caFile, stop };
}

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
