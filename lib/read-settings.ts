import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InvalidSetting } from '../lambdas/shared/errors.ts';
import { CONTEXT_PREFIX, type NarrativesConfig, refuseContradictions, SETTINGS } from './settings.ts';

/** `-c narratives:file=PATH`: where the settings file is. It is not a setting itself. */
export const FILE_KEY = `${CONTEXT_PREFIX}file`;

/** A settings file, read: keys without the prefix. */
export interface SettingsFile {
  /** As messages name it. */
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/**
 * The settings out of CDK's whole context (`app.node.getAllContext()`) and the settings file; the context wins.
 * @throws InvalidSetting naming the key and what it should hold, for a bad value or a key that is not ours
 */
export function readConfig(context: Readonly<Record<string, unknown>>, file?: SettingsFile): NarrativesConfig {
  refuseUnknownKeys(context);
  if (file) refuseUnknownInFile(file);
  const entries = Object.entries(SETTINGS).map(([key, { parse, wants }]) => {
    const onCommandLine = context[CONTEXT_PREFIX + key];
    const parsed = parse.safeParse(onCommandLine ?? file?.settings[key]);
    if (parsed.success) return [key, parsed.data];
    const place = onCommandLine === undefined && file ? `${file.name}: ${key}` : `-c ${CONTEXT_PREFIX}${key}`;
    throw new InvalidSetting(`${place} should be ${wants}`);
  });
  const config = Object.fromEntries(entries) as NarrativesConfig;
  refuseContradictions(config);
  return config;
}

const KNOWN = Object.keys(SETTINGS).join(', ');
const NAMES_IN_ANY_CASE = new Set(Object.keys(SETTINGS).map((key) => key.toLowerCase()));

/** CDK passes on any key and does not report one that nobody reads, so a near miss of our prefix is refused too. */
function refuseUnknownKeys(context: Readonly<Record<string, unknown>>): void {
  const unknown = Object.keys(context).filter((key) => key !== FILE_KEY && isMeantForUs(key) && !isSetting(key));
  if (unknown.length === 0) return;
  throw new InvalidSetting(
    `-c ${unknown.join(', ')} is not a setting; write ${CONTEXT_PREFIX}KEY=VALUE, where KEY is one of: file, ${KNOWN}`,
  );
}

const isMeantForUs = (key: string): boolean =>
  /^(delphi-?)?narratives?([^a-z0-9]|$)/i.test(key.trim()) || NAMES_IN_ANY_CASE.has(key.trim().toLowerCase());
const isSetting = (key: string): boolean =>
  key.startsWith(CONTEXT_PREFIX) && Object.hasOwn(SETTINGS, key.slice(CONTEXT_PREFIX.length));

function refuseUnknownInFile({ name, settings }: SettingsFile): void {
  const unknown = Object.keys(settings).filter((key) => !Object.hasOwn(SETTINGS, key));
  if (unknown.length > 0) throw new InvalidSetting(`${name}: ${unknown.join(', ')} is not a setting; use: ${KNOWN}`);
}

const DEFAULT_FILE = 'narratives.json';

/**
 * The settings file: the one that `-c narratives:file=PATH` names, else `narratives.json` in the folder if it is there.
 * A `databaseCaFile` in it is taken from the file's own folder.
 * @param folder where relative paths start: the folder of cdk.json
 * @throws InvalidSetting when a named file is missing, or a file is not a JSON object
 */
export function readSettingsFile(context: Readonly<Record<string, unknown>>, folder: string): SettingsFile | undefined {
  const given = context[FILE_KEY];
  if (given !== undefined && (typeof given !== 'string' || given === '')) {
    throw new InvalidSetting(`-c ${FILE_KEY} should be the path of a JSON file with settings`);
  }
  const name = given ?? DEFAULT_FILE;
  const path = resolve(folder, name);
  if (given === undefined && !existsSync(path)) return undefined;
  const settings = parsedObject(name, readText(`settings file ${name}`, path));
  const { databaseCaFile } = settings;
  if (typeof databaseCaFile !== 'string' || databaseCaFile === '') return { name, settings };
  return { name, settings: { ...settings, databaseCaFile: resolve(dirname(path), databaseCaFile) } };
}

function readText(what: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new InvalidSetting(`${what} cannot be read (${(error as { code?: string }).code})`, { cause: error });
  }
}

function parsedObject(name: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidSetting(`settings file ${name} is not JSON: ${(error as Error).message.split('\n')[0]}`, {
      cause: error,
    });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return refusePrefixed(name, value as Record<string, unknown>);
  throw new InvalidSetting(`settings file ${name} should hold one JSON object, such as {"logLevel": "DEBUG"}`);
}

function refusePrefixed(name: string, settings: Record<string, unknown>): Record<string, unknown> {
  const prefixed = Object.keys(settings).find((key) => key.startsWith(CONTEXT_PREFIX));
  if (!prefixed) return settings;
  throw new InvalidSetting(
    `settings file ${name}: write "${prefixed.slice(CONTEXT_PREFIX.length)}" instead of "${prefixed}"; the prefix is for -c only`,
  );
}

// Lambda takes 4 KB for all of a function's environment; the names of tables and secrets take up to about 1.3 KB of it.
const MAX_CERTIFICATE_CHARACTERS = 2_700;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * Reads the authorities that may sign the database's certificate, checked and without comments.
 * @param path a PEM file; relative to the working folder
 * @param now for the end of each certificate's life
 * @returns PEM text that fits into a function's environment
 * @throws InvalidSetting when the file holds no certificate, one that has expired, or more than fits
 */
export function readDatabaseCa(path: string, now: Date = new Date()): string {
  const found = readText(`databaseCaFile ${path}`, path).match(CERTIFICATE) ?? [];
  if (found.length === 0) throw refused(path, 'holds no certificate (-----BEGIN CERTIFICATE-----): convert it to PEM');
  const certificates = found.map((pem, at) => certificate(path, pem, at + 1));
  for (const { validToDate, subject } of certificates) {
    if (validToDate < now)
      throw refused(path, `holds a certificate that has expired (${subject.replaceAll('\n', ', ')})`);
  }
  const text = certificates.map((one) => one.toString().trim()).join('\n');
  if (text.length <= MAX_CERTIFICATE_CHARACTERS) return text;
  throw refused(
    path,
    `holds ${text.length} characters of certificates, and ${MAX_CERTIFICATE_CHARACTERS} fit into a function's environment: keep only ` +
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

const refused = (path: string, why: string, cause?: unknown) =>
  new InvalidSetting(`databaseCaFile ${path} ${why}`, { cause });
