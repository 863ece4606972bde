import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** Fast and deterministic: the same text always packs to the same bytes, so that a row written twice is the same row. */
const OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Text as Zstandard bytes, for the ledger. */
export const pack = (text: string): Uint8Array<ArrayBuffer> =>
  zstdCompressSync(text, OPTIONS) as Uint8Array<ArrayBuffer>;

/** The text that `pack` packed. */
export const unpack = (bytes: Uint8Array): string => zstdDecompressSync(bytes).toString('utf8');
