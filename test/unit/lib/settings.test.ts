import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../lib/read-settings.ts';
import { RETENTION_DAYS } from '../../../lib/settings.ts';
import { IMPORTED, NETWORK, STREAM_ARN, stacks } from '../../support/stacks.ts';

describe('settings', () => {
  it.each([
    ['stage', '-x'],
    ['jobTableStreamArn', 'the stream'],
    ['reportsTable', 'a table'],
    ['mathEnv', ''],
    ['defaultModel', 'Claude Sonnet'],
    ['jobBudgetUsd', 'ten'],
    ['jobBudgetUsd', '0'],
    ['dayBudgetUsd', '-1'],
    ['unpricedModels', ''],
    ['unpricedModels', ['Claude 9']],
    ['modelAliases', 'claude-old'],
    ['modelAliases', ''],
    ['modelAliases', {}],
    ['modelAliases', ['claude-old']],
    ['modelAliases', { 'claude-old': '' }],
    ['modelAliases', { 'claude-old': 5 }],
    ['unknownModel', 'ignore'],
    ['anthropicSecretName', ''],
    ['provider', 'bedrock'],
    ['workspaceId', 'default'],
    ['workspaceRegion', 'Ireland'],
    ['anthropicBaseUrl', 'ftp://stand-in'],
    ['logLevel', 'chatty'],
    ['databaseTls', 'prefer'],
    ['subnetIds', 'subnet-1'],
    ['subnetIds', 'subnet-0123456789abcdef0,subnet-0123456789abcdef0'],
    ['securityGroupIds', []],
    ['kmsKeyArns', 'alias/polis'],
    ['removalPolicy', 'keep'],
    ['logRetentionDays', 31],
    ['architecture', 'arm'],
    ['createTables', 'yes'],
    ['alarmEmail', 'me'],
    ['spendAlarmUsdPerDay', -1],
    ['sweepMinutes', '1.5'],
    ['sweepMinutes', true],
    ['httpApi', 'on'],
  ])('names the key and what it should be when %s is %j', (key, value) => {
    expect(() => readConfig({ [`narratives:${key}`]: value })).toThrow(
      new RegExp(`^-c narratives:${key} should be .{20,}`),
    );
  });

  it('refuses a key that is not a setting, naming those that are', () => {
    expect(() => readConfig({ 'narratives:jobtable': 'Jobs' })).toThrow(
      /narratives:jobtable is not a setting.*jobTable, /,
    );
  });

  it("leaves CDK's own context alone", () => {
    expect(readConfig({ '@aws-cdk/core:checkSecretUsage': true, 'aws:cdk:bundling-stacks': [] })).toMatchObject({
      mathEnv: 'prod',
      defaultModel: 'claude-sonnet-5-5',
      logLevel: 'INFO',
    });
  });

  it('reads the models without a price from a list, or from text with commas', () => {
    const both = ['narrator-9', 'narrator-10'];
    expect(readConfig({ 'narratives:unpricedModels': 'narrator-9, narrator-10' }).unpricedModels).toEqual(both);
    expect(readConfig({ 'narratives:unpricedModels': both }).unpricedModels).toEqual(both);
    expect(readConfig({}).unpricedModels).toBeUndefined();
  });

  it('reads models that stand in for others from an object, or from text with commas', () => {
    const aliases = { 'claude-opus-4-20250514': 'claude-opus-5-5', 'claude-old': 'claude-sonnet-5-5' };
    const text = 'claude-opus-4-20250514=claude-opus-5-5, claude-old = claude-sonnet-5-5';
    for (const given of [aliases, text])
      expect(readConfig({ 'narratives:modelAliases': given }).modelAliases).toEqual(new Map(Object.entries(aliases)));
    expect(readConfig({})).toMatchObject({ modelAliases: undefined, unknownModel: 'use default' });
    expect(readConfig({ 'narratives:unknownModel': 'refuse' }).unknownModel).toBe('refuse');
  });

  it('reads the budget from the text that the command line gives', () => {
    expect(readConfig({ 'narratives:jobBudgetUsd': '2.50' }).jobBudgetUsd).toBe(2.5);
  });

  it.each([
    { 'narratives:jobTable': 'PolisJobs' },
    { 'narratives:jobTableStreamArn': STREAM_ARN },
    { 'narratives:jobTable': 'OtherJobs', 'narratives:jobTableStreamArn': STREAM_ARN },
  ])('takes an existing job table only with its own stream: %j', (context) => {
    expect(() => readConfig(context)).toThrow(/go together and name the same table/);
  });

  it('puts the stage behind the names of the stacks', () => {
    const { app } = stacks({ 'narratives:stage': 'preprod', ...IMPORTED });
    expect(app.node.children.map(({ node }) => node.id)).toEqual([
      'DelphiNarratives-preprod',
      'DelphiNarrativesMonitoring-preprod',
    ]);
  });

  it('knows the days for which CloudWatch Logs keeps a log', () => {
    const days = Object.values(RetentionDays).filter(
      (value) => typeof value === 'number' && value !== RetentionDays.INFINITE,
    );
    expect(RETENTION_DAYS).toEqual(days.sort((a, b) => Number(a) - Number(b)));
  });

  it('takes lists and numbers as the command line gives them, and as a file does', () => {
    const onCommandLine = readConfig({
      ...NETWORK,
      'narratives:sweepMinutes': '5',
      'narratives:logRetentionDays': '30',
      'narratives:createTables': 'true',
    });
    const inFile = readConfig(
      {},
      {
        name: 'narratives.json',
        settings: {
          subnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
          securityGroupIds: ['sg-0123456789abcdef0'],
          sweepMinutes: 5,
          logRetentionDays: 30,
          createTables: true,
        },
      },
    );
    expect(onCommandLine).toEqual(inFile);
    expect(inFile).toMatchObject({ sweepMinutes: 5, securityGroupIds: ['sg-0123456789abcdef0'] });
  });

  it.each([
    'Narratives:stage',
    'narrative:stage',
    'narratives.stage',
    'NARRATIVES',
    'delphi-narratives:stage',
    'stage',
    'LogLevel',
  ])('refuses the near miss -c %s, which CDK would ignore', (key) => {
    expect(() => readConfig({ [key]: 'x' })).toThrow(`-c ${key} is not a setting; write narratives:KEY=VALUE`);
  });

  it.each([
    [
      { 'narratives:subnetIds': 'subnet-0123456789abcdef0' },
      /subnetIds and .*securityGroupIds go together \(here only subnetIds\)/,
    ],
    [
      { 'narratives:databaseTls': 'off', 'narratives:databaseCaFile': 'ca.pem' },
      /databaseCaFile has no meaning with databaseTls=off/,
    ],
    [
      { 'narratives:databaseTls': 'off', 'narratives:databaseTlsServerName': 'db.example.org' },
      /databaseTlsServerName has no meaning with databaseTls=off/,
    ],
    [{ 'narratives:createTables': 'false' }, /createTables is false, but no setting names Delphi_JobQueue, /],
  ])('refuses settings that contradict each other: %j', (context, says) => {
    expect(() => readConfig(context)).toThrow(says);
  });

  it('lets a second stage create tables only when a setting says so', () => {
    expect(() => readConfig({ 'narratives:stage': 'preprod', 'narratives:reportsTable': 'PolisReports' })).toThrow(
      /^stage preprod would create Delphi_JobQueue, Delphi_NarrativeRequests, .* name existing ones with narratives:jobTable, ledgerTable, or, .*createTables=true$/,
    );
    expect(readConfig({ 'narratives:stage': 'preprod', 'narratives:createTables': true }).stage).toBe('preprod');
    expect(readConfig({ 'narratives:stage': 'preprod', ...IMPORTED }).stage).toBe('preprod');
  });

  it('refuses one table for two purposes', () => {
    const named = { 'narratives:reportsTable': 'Reports', 'narratives:ledgerTable': 'Reports' };
    expect(() => readConfig(named)).toThrow(/reportsTable and narratives:ledgerTable name the same table Reports/);
  });
});
