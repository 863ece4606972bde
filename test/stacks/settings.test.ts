import { describe, expect, it } from 'vitest';
import { readConfig } from '../../lib/config.ts';
import { STREAM_ARN, stacks } from './stacks.ts';

describe('settings', () => {
  it.each([
    ['stage', '-x'],
    ['jobTableStreamArn', 'the stream'],
    ['reportsTable', 'a table'],
    ['mathEnv', ''],
    ['defaultModel', 'Claude Sonnet'],
    ['jobBudgetUsd', 'ten'],
    ['jobBudgetUsd', '0'],
    ['anthropicSecretName', ''],
    ['anthropicBaseUrl', 'ftp://stand-in'],
    ['logLevel', 'chatty'],
  ])('names the key and what it should be when %s is %j', (key, value) => {
    expect(() => readConfig({ [`narratives:${key}`]: value })).toThrow(
      new RegExp(`^-c narratives:${key} should be .{20,}`),
    );
  });

  it('refuses a key that is no setting, naming those that are', () => {
    expect(() => readConfig({ 'narratives:jobtable': 'Jobs' })).toThrow(
      /narratives:jobtable is no setting.*jobTable, /,
    );
  });

  it("leaves CDK's own context alone", () => {
    expect(readConfig({ '@aws-cdk/core:checkSecretUsage': true, 'aws:cdk:bundling-stacks': [] })).toMatchObject({
      mathEnv: 'prod',
      defaultModel: 'claude-sonnet-5-5',
      logLevel: 'INFO',
    });
  });

  it('reads the budget from the text that the command line gives', () => {
    expect(readConfig({ 'narratives:jobBudgetUsd': '2.50' }).jobBudgetUsd).toBe(2.5);
  });

  it.each([
    { 'narratives:jobTable': 'PolisJobs' },
    { 'narratives:jobTableStreamArn': STREAM_ARN },
    { 'narratives:jobTable': 'OtherJobs', 'narratives:jobTableStreamArn': STREAM_ARN },
  ])('takes an existing job table only together with its own stream: %j', (context) => {
    expect(() => readConfig(context)).toThrow(/go together and name the same table/);
  });

  it('puts the stage behind the names of the stacks', () => {
    const { app } = stacks({ 'narratives:stage': 'preprod' });
    expect(app.node.children.map(({ node }) => node.id)).toEqual([
      'DelphiNarrativesData-preprod',
      'DelphiNarratives-preprod',
      'DelphiNarrativesMonitoring-preprod',
    ]);
  });
});
