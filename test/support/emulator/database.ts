import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import selfsigned from 'selfsigned';
import { startPostgres } from '../../../perf/servers/postgres.ts';

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
