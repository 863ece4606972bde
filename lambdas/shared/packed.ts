import { gunzipSync, gzipSync } from 'node:zlib';

/** Fast and deterministic: the same text always packs to the same bytes, so that a row written twice is the same row. */
const LEVEL = 1;

/** Text as gzip bytes, for the ledger. */
export const pack = (text: string): Uint8Array<ArrayBuffer> =>
  gzipSync(text, { level: LEVEL }) as Uint8Array<ArrayBuffer>;

/** The text that `pack` packed. */
export const unpack = (bytes: Uint8Array): string => gunzipSync(bytes).toString('utf8');
