import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InvalidSetting } from '../lambdas/shared/errors.ts';
import { CONTEXT_PREFIX, FILE_KEY, type SettingsFile } from './config.ts';

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
  const settings = parsedObject(name, readText(name, path));
  const { databaseCaFile } = settings;
  if (typeof databaseCaFile !== 'string' || databaseCaFile === '') return { name, settings };
  return { name, settings: { ...settings, databaseCaFile: resolve(dirname(path), databaseCaFile) } };
}

function readText(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new InvalidSetting(`settings file ${name} cannot be read (${(error as { code?: string }).code})`, {
      cause: error,
    });
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
