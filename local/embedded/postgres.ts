import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { dataDir as preparedFolder } from '@electric-sql/pglite-prepopulatedfs';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { InvalidSetting } from '../../lambdas/shared/errors.ts';
import { claimPort } from '../os.ts';

/** A PostgreSQL in this process that `pg` reaches over a socket. */
export interface EmbeddedPostgres {
  url: string;
  stop(): Promise<void>;
}

/**
 * @param dataDir the folder that keeps the data; undefined keeps it in memory
 * @throws InvalidSetting when the port is in use or the folder cannot be opened
 */
export async function startPostgres(options: {
  dataDir?: string;
  port?: number | undefined;
}): Promise<EmbeddedPostgres> {
  const port = await claimPort('--postgres-port', options.port);
  const db = await open(options.dataDir).catch((error: unknown) => {
    throw new InvalidSetting(
      `the embedded PostgreSQL cannot open its data folder ${options.dataDir} (${(error as Error).message}): check that the disk is not full, or delete the folder, which is filled again at every start`,
      { cause: error },
    );
  });
  const server = new PGLiteSocketServer({ db, port, host: '127.0.0.1', maxConnections: 8 });
  await server.start();
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    async stop() {
      await server.stop();
      await db.close();
    },
  };
}

/** A new database is unpacked from one that is initialised already: initdb would take three seconds and a gigabyte. */
async function open(dataDir: string | undefined): Promise<PGlite> {
  if (dataDir !== undefined && existsSync(join(dataDir, 'PG_VERSION'))) return PGlite.create(dataDir);
  const loadDataDir = await preparedFolder();
  return PGlite.create(dataDir === undefined ? { loadDataDir } : { dataDir, loadDataDir });
}
