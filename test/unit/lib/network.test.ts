import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import selfsigned from 'selfsigned';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDatabaseCa } from '../../../lib/database-ca.ts';
import { STEPS, type StepNeeds } from '../../../lib/functions.ts';
import { functionsByStep, NETWORK, stacks, statementsOf } from '../../support/stacks.ts';

const { narratives } = stacks(NETWORK);
const withDatabase = Object.entries<StepNeeds>(STEPS).flatMap(([step, { database }]) => (database ? [step] : []));

describe('private network', () => {
  it('holds the functions that need the database, and no other', () => {
    const inside = Object.entries(functionsByStep(narratives)).filter(([, { VpcConfig }]) => VpcConfig);
    expect(inside.map(([step]) => step).sort()).toEqual(withDatabase.sort());
    for (const [, { VpcConfig }] of inside) {
      expect(VpcConfig).toEqual({
        SubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
        SecurityGroupIds: ['sg-0123456789abcdef0'],
      });
    }
  });

  it('is joined by no function unless settings say so', () => {
    for (const { VpcConfig } of Object.values(functionsByStep(stacks().narratives))) expect(VpcConfig).toBeUndefined();
  });

  it('lets Lambda make interfaces in these subnets and groups only, and the functions themselves none', () => {
    const network = statementsOf(narratives, 'submit').filter(({ Action }) => /ec2:/.test(String(Action)));
    const text = (value: unknown) => JSON.stringify(value).replaceAll(/\{"Ref":"AWS::(\w+)"\}|"Fn::Join"/g, '$1');
    const made = network.find(({ Action }) => Action === 'ec2:CreateNetworkInterface');
    const resources = [made?.Resource].flat().map(text);
    const ids = resources.map((resource) => resource.match(/(subnet|security-group|network-interface)\/[^"]+/)?.[0]);
    expect(ids.sort()).toEqual([
      'network-interface/*',
      'security-group/sg-0123456789abcdef0',
      'subnet/subnet-0123456789abcdef0',
      'subnet/subnet-0123456789abcdef1',
    ]);
    const denied = network.filter((statement) => 'Effect' in statement && statement.Effect === 'Deny');
    expect(denied).toHaveLength(1);
    expect(text(denied[0])).toMatch(/"ArnLike":\{"lambda:SourceFunctionArn":.*:function:\*/);
    const actions = network.flatMap(({ Action }) => Action).filter((action) => action.startsWith('ec2:'));
    expect([denied[0]?.Action].flat()).toEqual(expect.arrayContaining(actions));
  });

  it('gives no other function a permission on the network', () => {
    const others = Object.keys(STEPS).filter((step) => !withDatabase.includes(step));
    for (const step of others) expect(JSON.stringify(statementsOf(narratives, step)), step).not.toContain('ec2:');
  });
});

describe('keys of your own', () => {
  it('may be used through DynamoDB and Secrets Manager alone', () => {
    const key = 'arn:aws:kms:eu-west-1:111122223333:key/0a1b';
    const [statement, ...others] = statementsOf(stacks({ 'narratives:kmsKeyArns': key }).narratives, 'fail').filter(
      ({ Action }) => /kms:/.test(String(Action)),
    );
    expect(others).toEqual([]);
    expect(statement).toMatchObject({ Resource: key });
    expect(JSON.stringify(statement)).toMatch(/"kms:ViaService":\[.*"dynamodb\..*"secretsmanager\./);
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
    const functions = functionsByStep(stacks({ 'narratives:databaseCaFile': file }).narratives);
    expect(functions.submit.Environment.Variables.DATABASE_CA.replaceAll('\r', '')).toBe(pem.replaceAll('\r', ''));
    expect(functions.collect.Environment.Variables).not.toHaveProperty('DATABASE_CA');
  });

  it('leaves room for every other variable in the 4 KB that Lambda gives', () => {
    const names = 'n'.repeat(255);
    const context = {
      'narratives:reportsTable': names,
      'narratives:ledgerTable': 'l'.repeat(255),
      'narratives:anthropicBaseUrl': `https://${names}`,
    };
    const { Variables } = functionsByStep(stacks(context).narratives).submit.Environment;
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
