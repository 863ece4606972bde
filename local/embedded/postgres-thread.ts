import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { setFlagsFromString } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { createGunzip } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';
import { dataDir as preparedFolder } from '@electric-sql/pglite-prepopulatedfs';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { unpackTar } from 'modern-tar/fs';

/** The thread that PostgreSQL runs in: it says on which port it listens, and stops at the first message. */
const { dataDir, port }: { dataDir: string | undefined; port: number } = workerData;
// optimizing PostgreSQL's largest functions takes half a gigabyte, and a run is over before it pays
for (const flag of ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering']) setFlagsFromString(flag);
const db = await open();
const server = new PGLiteSocketServer({ db, port, host: '127.0.0.1', maxConnections: 8 });
// a port of 0 is any that is free, which it names only so
server.addEventListener('listening', (event) => parentPort?.postMessage((event as CustomEvent).detail.port));
await server.start();
parentPort?.once('message', async () => {
  await server.stop();
  await db.close();
});

/** A new database is unpacked from one that is initialised already: initdb would take three seconds and a gigabyte. */
async function open(): Promise<PGlite> {
  if (dataDir === undefined) return PGlite.create({ loadDataDir: await preparedFolder() });
  if (!existsSync(join(dataDir, 'PG_VERSION'))) await unpack(dataDir);
  return PGlite.create(dataDir);
}

/** PGlite can unpack too, but holds all of it in memory three times. A folder that is half unpacked never has the name. */
async function unpack(folder: string): Promise<void> {
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  // its type may be a browser's, where a page is checked in the same run
  const packed = (await preparedFolder()).stream() as ReadableStream;
  await pipeline(Readable.fromWeb(packed), createGunzip(), unpackTar(partial, { dmode: 0o700, fmode: 0o600 }));
  rmSync(folder, { recursive: true, force: true });
  renameSync(partial, folder);
}
