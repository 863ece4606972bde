import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { InvalidSetting } from '../../lambdas/shared/errors.ts';
import { claimPort } from '../os.ts';

/** A PostgreSQL in this process that `pg` reaches over a socket. */
export interface EmbeddedPostgres {
  url: string;
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL in a thread of its own, so that it neither waits for this one nor holds it up.
 * @param dataDir the folder that keeps the data; undefined keeps it in memory
 * @throws InvalidSetting when the port is in use or the folder cannot be opened
 */
export async function startPostgres(options: {
  dataDir?: string;
  port?: number | undefined;
}): Promise<EmbeddedPostgres> {
  const port = await claimPort('--postgres-port', options.port);
  const thread = new Worker(new URL('./postgres-thread.ts', import.meta.url), {
    workerData: { dataDir: options.dataDir, port },
  });
  const ended = new Promise((done) => thread.once('exit', done));
  try {
    await once(thread, 'message');
  } catch (error) {
    throw new InvalidSetting(
      `the embedded PostgreSQL cannot open its data folder ${options.dataDir} (${(error as Error).message}): check that the disk is not full, or delete the folder, which is filled again at every start`,
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
