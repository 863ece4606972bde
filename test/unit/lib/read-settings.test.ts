import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import selfsigned from 'selfsigned';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readConfig, readDatabaseCa, readSettingsFile } from '../../../lib/read-settings.ts';
import { functionsByName, stacks } from '../../support/stacks.ts';

describe('settings file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'narratives-settings-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const write = (name: string, value: unknown) =>
    writeFileSync(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value));
  const config = (context: Record<string, unknown> = {}) => readConfig(context, readSettingsFile(context, folder));

  it('is narratives.json beside cdk.json, if it is there', () => {
    expect(config().logLevel).toBe('INFO');
    write('narratives.json', { logLevel: 'WARN' });
    expect(config().logLevel).toBe('WARN');
  });

  it('is another one by -c narratives:file, and the command line wins over it', () => {
    write('preprod.json', { logLevel: 'WARN', mathEnv: 'preprod' });
    const context = { 'narratives:file': 'preprod.json', 'narratives:logLevel': 'DEBUG' };
    expect(config(context)).toMatchObject({ logLevel: 'DEBUG', mathEnv: 'preprod' });
  });

  it("takes the authority's file from its own folder", () => {
    mkdirSync(join(folder, 'sub'));
    write('sub/preprod.json', { databaseCaFile: 'ca.pem' });
    expect(config({ 'narratives:file': 'sub/preprod.json' }).databaseCaFile).toBe(join(folder, 'sub/ca.pem'));
  });

  it.each([
    ['an unknown key', { loglevel: 'WARN' }, /^narratives\.json: loglevel is not a setting; use: .*logLevel/],
    ['a key with the prefix', { 'narratives:logLevel': 'WARN' }, /write "logLevel" instead of "narratives:logLevel"/],
    ['a bad value', { sweepMinutes: 0.5 }, /^narratives\.json: sweepMinutes should be whole minutes/],
    ['null', { stage: null }, /^narratives\.json: stage should be /],
    ['a list', ['logLevel'], /should hold one JSON object/],
    ['no JSON', '{logLevel: WARN}', /^settings file narratives\.json is not JSON: [^\n]+$/],
  ])('that holds %s is refused in one line', (_, content, says) => {
    write('narratives.json', content);
    expect(() => config()).toThrow(says);
  });

  it('that is named and missing is refused', () => {
    expect(() => config({ 'narratives:file': 'no.json' })).toThrow('settings file no.json cannot be read (ENOENT)');
    expect(() => config({ 'narratives:file': true })).toThrow('should be the path of a JSON file');
  });

  it('has an example that is right', () => {
    const settings = JSON.parse(readFileSync(new URL('../../../narratives.example.json', import.meta.url), 'utf8'));
    expect(readConfig({}, { name: 'narratives.example.json', settings }).jobBudgetUsd).toBe(5);
  });
});

describe('cdk synth with a setting that is wrong', () => {
  const root = new URL('../../..', import.meta.url).pathname;
  it('ends with exit code 2 and one line', () => {
    const env = { ...process.env, CDK_CONTEXT_JSON: JSON.stringify({ 'Narratives:stage': 'x' }) };
    const { status, stderr, stdout } = spawnSync(process.execPath, ['bin/delphi-narratives.ts'], {
      cwd: root,
      env,
      encoding: 'utf8',
    });
    expect(status).toBe(2);
    expect(stdout + stderr).toMatch(/^InvalidSetting: -c Narratives:stage is not a setting; [^\n]+\n$/);
  });
});

describe("the database's authority", () => {
  const folder = mkdtempSync(join(tmpdir(), 'narratives-ca-'));
  const file = join(folder, 'ca.pem');
  let pem: string;
  beforeAll(async () => {
    pem = (
      await selfsigned.generate([{ name: 'commonName', value: 'Harbour CA' }], { algorithm: 'sha256' })
    ).cert.trim();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('comes out of the file without comments, and into the functions that need it', () => {
    writeFileSync(file, `# our own authority\r\n${pem.replaceAll('\n', '\r\n')}\r\n`);
    const functions = functionsByName(stacks({ 'narratives:databaseCaFile': file }).narratives);
    expect(functions.submit.Environment.Variables.DATABASE_CA.replaceAll('\r', '')).toBe(pem.replaceAll('\r', ''));
    expect(functions.collect.Environment.Variables).not.toHaveProperty('DATABASE_CA');
  });

  it('leaves room for every other variable in the 4 KB that Lambda gives', () => {
    const names = 'n'.repeat(255);
    const context = {
      'narratives:reportsTable': names,
      'narratives:ledgerTable': 'l'.repeat(255),
      'narratives:anthropicBaseUrl': `https://${names}`,
      'narratives:databaseTlsServerName': `${'d'.repeat(49)}.${'e'.repeat(50)}`,
    };
    const { Variables } = functionsByName(stacks(context).narratives).submit.Environment;
    const used = Object.entries<unknown>(Variables).map(
      ([key, value]) => key.length + (typeof value === 'string' ? value.length : 60),
    );
    expect(used.reduce((sum, length) => sum + length, 0)).toBeLessThan(4096 - 2_700);
  });

  it.each([
    ['nothing', () => '', /holds no certificate .*convert it to PEM/],
    ['a key', () => '-----BEGIN PRIVATE KEY-----\nsecret-word\n-----END PRIVATE KEY-----', /holds no certificate/],
    [
      'a broken certificate',
      () => '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
      /cannot be read \(number 1\)/,
    ],
    ['more than fits', () => Array(4).fill(pem).join('\n'), /holds \d+ characters of certificates, and 2700 fit/],
  ])('is refused at synth when the file holds %s', (_, content, says) => {
    writeFileSync(file, content());
    expect(() => readDatabaseCa(file)).toThrow(says);
    expect(() => readDatabaseCa(file)).not.toThrow(/secret-word/);
  });

  it('is refused when it has expired, or when the file is missing', () => {
    writeFileSync(file, pem);
    expect(() => readDatabaseCa(file, new Date('2199-01-01'))).toThrow(/has expired \(CN=Harbour CA\)/);
    expect(() => readDatabaseCa(join(folder, 'no.pem'))).toThrow(/cannot be read \(ENOENT\)/);
  });
});
