import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { InvalidSetting } from '../../lambdas/shared/errors.ts';

/** A PostgreSQL in this process that `pg` reaches over a socket. */
export interface EmbeddedPostgres {
  url: string;
  stop(): Promise<void>;
}

/** The folder that keeps the data; undefined keeps it in memory. */
type DataDir = string | undefined;

/**
 * Starts PostgreSQL in a thread of its own, so that it neither waits for this one nor holds it up.
 * @param port any free one without it
 * @param stopped ends a thread that has not started yet; a folder that is half filled is filled again the next time
 * @throws InvalidSetting when the folder cannot be opened; the signal's reason
 */
export async function startPostgres({
  dataDir,
  port: wanted = 0,
  stopped,
}: {
  dataDir?: DataDir;
  port?: number | undefined;
  stopped?: AbortSignal;
}): Promise<EmbeddedPostgres> {
  const thread = new Worker(new URL('./postgres-thread.ts', import.meta.url), {
    workerData: { dataDir, port: wanted },
  });
  const ended = new Promise((done) => thread.once('exit', done));
  let port: number;
  try {
    [port] = await once(thread, 'message', stopped ? { signal: stopped } : {});
  } catch (error) {
    if (stopped?.aborted) {
      await thread.terminate();
      throw error;
    }
    throw new InvalidSetting(
      `the embedded PostgreSQL cannot open its data folder ${dataDir} (${(error as Error).message}): check that the disk is not full, or delete the folder, which is filled again at every start`,
      { cause: error },
    );
  }
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    async stop() {
      thread.postMessage('stop');
      await ended;
    },
  };
}
