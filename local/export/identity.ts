import { createHash } from 'node:crypto';

const SMALLEST_ZID = 10_000;
const ZID_COUNT = 9_990_000;

/** The same text always gives the same hash: 64 hex digits. */
function stableHash(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** A conversation number of 5 to 7 digits, from its public address and topic. */
export function stableZid(url: string, topic: string): number {
  return SMALLEST_ZID + (Number.parseInt(stableHash('zid', url, topic).slice(0, 12), 16) % ZID_COUNT);
}

/** A public report id, "r" and 20 letters and digits, from the same. */
export function stableReportId(url: string, topic: string): string {
  const digits = BigInt(`0x${stableHash('report', url, topic)}`).toString(36);
  return `r${digits.padStart(20, '0').slice(-20)}`;
}

/** A UUID (version 8: made by the program's own rule) from the parts. */
export function stableUuid(...parts: string[]): string {
  const hex = stableHash('uuid', ...parts);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
