import { InvalidSetting } from '../lambdas/shared/errors.ts';
import { TABLE_NAMES } from './contract.ts';
import { type NarrativesConfig, SETTINGS } from './settings.ts';

export type { NarrativesConfig } from './settings.ts';

/** Every setting is given as `-c narratives:<key>=<value>`; the prefix tells ours from CDK's own context. */
export const CONTEXT_PREFIX = 'narratives:';
/** `-c narratives:file=PATH`: where the settings file lies. Not a setting itself. */
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
  for (const refuse of COMBINATIONS) refuse(config);
  return config;
}

const KNOWN = Object.keys(SETTINGS).join(', ');
const NAMES_IN_ANY_CASE = new Set(Object.keys(SETTINGS).map((key) => key.toLowerCase()));

/** CDK hands over any key and says nothing of one that nobody reads, so a near miss of our prefix is refused too. */
function refuseUnknownKeys(context: Readonly<Record<string, unknown>>): void {
  const unknown = Object.keys(context).filter((key) => key !== FILE_KEY && isMeantForUs(key) && !isSetting(key));
  if (unknown.length === 0) return;
  throw new InvalidSetting(
    `-c ${unknown.join(', ')} is no setting; write ${CONTEXT_PREFIX}KEY=VALUE, where KEY is one of: file, ${KNOWN}`,
  );
}

const isMeantForUs = (key: string): boolean =>
  /^(delphi-?)?narratives?([^a-z0-9]|$)/i.test(key.trim()) || NAMES_IN_ANY_CASE.has(key.trim().toLowerCase());
const isSetting = (key: string): boolean =>
  key.startsWith(CONTEXT_PREFIX) && Object.hasOwn(SETTINGS, key.slice(CONTEXT_PREFIX.length));

function refuseUnknownInFile({ name, settings }: SettingsFile): void {
  const unknown = Object.keys(settings).filter((key) => !Object.hasOwn(SETTINGS, key));
  if (unknown.length > 0) throw new InvalidSetting(`${name}: ${unknown.join(', ')} is no setting; use: ${KNOWN}`);
}

const COMBINATIONS = [
  refuseHalfAnImport,
  refuseOneTableTwice,
  refuseUnexpectedTables,
  refuseHalfANetwork,
  refuseAuthorityWithoutTls,
];

function refuseHalfAnImport({ jobTable, jobTableStreamArn }: NarrativesConfig): void {
  const streamOf = jobTableStreamArn?.match(/:table\/([^/]+)\/stream\//)?.[1];
  if (jobTable === streamOf) return;
  throw new InvalidSetting(
    `-c ${CONTEXT_PREFIX}jobTable and ${CONTEXT_PREFIX}jobTableStreamArn go together and name the same table ` +
      `(here: ${jobTable ?? 'none'} and ${streamOf ?? 'none'}); an imported job table is only heard through its stream`,
  );
}

function refuseOneTableTwice({ jobTable, reportsTable, ledgerTable }: NarrativesConfig): void {
  const given = Object.entries({ jobTable, reportsTable, ledgerTable }).filter(([, name]) => name !== undefined);
  const same = given.filter(([, name]) => given.filter(([, other]) => other === name).length > 1);
  if (same.length === 0) return;
  const keys = same.map(([key]) => CONTEXT_PREFIX + key).join(' and ');
  throw new InvalidSetting(`-c ${keys} name one and the same table ${same[0]?.[1]}: each needs a table of its own`);
}

/** The tables' names are the same for every stage, so a second stage in one account and region cannot create them again. */
function refuseUnexpectedTables(config: NarrativesConfig): void {
  const wanted = unnamedTables(config);
  if (wanted.length === 0) return;
  const named = `name existing ones with ${CONTEXT_PREFIX}${wanted.map(([key]) => key).join(', ')}`;
  const tables = wanted.map(([, table]) => table).join(', ');
  if (config.createTables === false) {
    throw new InvalidSetting(`-c ${CONTEXT_PREFIX}createTables is false, but no setting names ${tables}: ${named}`);
  }
  if (config.stage && !config.createTables) {
    throw new InvalidSetting(
      `stage ${config.stage} would create ${tables}, and these names are the same for every stage: ${named}, or, ` +
        `when this account and region has none of them yet, add -c ${CONTEXT_PREFIX}createTables=true`,
    );
  }
}

function unnamedTables({ jobTable, reportsTable, ledgerTable }: NarrativesConfig): [string, string][] {
  const all: [string, string | undefined, string][] = [
    ['jobTable', jobTable, TABLE_NAMES.jobs],
    ['reportsTable', reportsTable, TABLE_NAMES.reports],
    ['ledgerTable', ledgerTable, TABLE_NAMES.ledger],
  ];
  return all.flatMap(([key, given, table]): [string, string][] => (given ? [] : [[key, table]]));
}

function refuseHalfANetwork({ subnetIds, securityGroupIds }: NarrativesConfig): void {
  if (Boolean(subnetIds) === Boolean(securityGroupIds)) return;
  throw new InvalidSetting(
    `-c ${CONTEXT_PREFIX}subnetIds and ${CONTEXT_PREFIX}securityGroupIds go together (here only ` +
      `${subnetIds ? 'subnetIds' : 'securityGroupIds'}): both are needed to put functions into a private network`,
  );
}

function refuseAuthorityWithoutTls({ databaseTls, databaseCaFile }: NarrativesConfig): void {
  if (databaseTls === 'verify' || databaseCaFile === undefined) return;
  throw new InvalidSetting(
    `-c ${CONTEXT_PREFIX}databaseCaFile has no meaning with databaseTls=off: leave one of the two out`,
  );
}
