import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { InvalidSetting } from '../lambdas/shared/errors.ts';

// Lambda takes 4 KB for all of a function's environment; names of tables and secrets take up to some 1.3 KB of it.
const MOST_CHARACTERS = 2_700;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * Reads the authorities that may sign the database's certificate, checked and without comments.
 * @param path a PEM file; relative to the working folder
 * @param now for the end of each certificate's life
 * @returns PEM text that fits into a function's environment
 * @throws InvalidSetting when the file holds no certificate, one that has expired, or more than fits
 */
export function readDatabaseCa(path: string, now: Date = new Date()): string {
  const found = readText(path).match(CERTIFICATE) ?? [];
  if (found.length === 0) throw refused(path, 'holds no certificate (-----BEGIN CERTIFICATE-----): convert it to PEM');
  const certificates = found.map((pem, at) => certificate(path, pem, at + 1));
  for (const { validToDate, subject } of certificates) {
    if (validToDate < now)
      throw refused(path, `holds a certificate that has expired (${subject.replaceAll('\n', ', ')})`);
  }
  const text = certificates.map((one) => one.toString().trim()).join('\n');
  if (text.length <= MOST_CHARACTERS) return text;
  throw refused(
    path,
    `holds ${text.length} characters of certificates, and ${MOST_CHARACTERS} fit into a function's environment: keep only ` +
      "the authority that signed the database's certificate (for RDS leave the setting out: its authorities are built in)",
  );
}

function certificate(path: string, pem: string, count: number): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw refused(path, `holds a certificate that cannot be read (number ${count})`, error);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw refused(path, `cannot be read (${(error as { code?: string }).code})`, error);
  }
}

const refused = (path: string, why: string, cause?: unknown) =>
  new InvalidSetting(`databaseCaFile ${path} ${why}`, { cause });
