import { closeSync, openSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../free-port.ts';
import { endGroup, startGroup } from './processes.ts';

export interface Ministack {
  url: string;
  logFile: string;
  /** The end of what it said. */
  logTail(): string;
  stop(): Promise<void>;
}

const READY_MS = 60_000;
/** A Wait of 5 seconds takes a quarter of one. */
const WAIT_SCALE = '0.05';
const TAIL_LINES = 60;

/**
 * Starts MiniStack on a free port. Its functions inherit its environment, so it is given almost none.
 * @param bin folder of the virtual environment's programs @param folder keeps its log and what it unpacks
 */
export async function startMinistack(bin: string, folder: string): Promise<Ministack> {
  const port = await freePort();
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
      SFN_WAIT_SCALE: WAIT_SCALE,
    },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const url = `http://127.0.0.1:${port}`;
  const logTail = () => readFileSync(logFile, 'utf8').split('\n').slice(-TAIL_LINES).join('\n');
  const deadline = Date.now() + READY_MS;
  while (!(await isUp(url))) {
    if (child.exitCode !== null || Date.now() > deadline) {
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
