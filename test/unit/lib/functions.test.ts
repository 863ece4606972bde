import { describe, expect, it } from 'vitest';
import { functionsByName, IMPORTED, stacks } from '../../support/stacks.ts';

const created = stacks();

describe('functions', () => {
  it.each([
    ['dispatch', 60, 256],
    ['adopt', 300, 512],
    ['submit', 300, 1024],
    ['check-status', 60, 256],
    ['collect', 900, 1024],
    ['complete', 900, 1024],
    ['fail', 60, 256],
    ['execution-changed', 60, 256],
    ['sweep', 300, 512],
  ])('runs %s on Node 24 and arm64 for up to %i s in %i MB', (name, Timeout, MemorySize) => {
    expect(functionsByName(created.narratives)[name]).toMatchObject({
      Timeout,
      MemorySize,
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
    });
  });

  it('runs on x86_64 where a region has no arm64', () => {
    const functions = Object.values(functionsByName(stacks({ 'narratives:architecture': 'x86_64' }).narratives));
    for (const { Architectures } of functions) expect(Architectures).toEqual(['x86_64']);
  });

  it('traces every function, and keeps its log for as long as the setting says', () => {
    const { narratives } = stacks({ 'narratives:logRetentionDays': 30 });
    const functions = functionsByName(narratives);
    for (const { TracingConfig } of Object.values(functions)) expect(TracingConfig).toEqual({ Mode: 'Active' });
    const groups = Object.values(narratives.findResources('AWS::Logs::LogGroup'));
    // one for each function, one for the state machine
    expect(groups).toHaveLength(Object.keys(functions).length + 1);
    for (const { Properties } of groups) expect(Properties.RetentionInDays).toBe(30);
  });

  const EVERYWHERE = [
    'AWS_SDK_UA_APP_ID',
    'JOB_TABLE',
    'NODE_OPTIONS',
    'POWERTOOLS_LOG_LEVEL',
    'POWERTOOLS_SERVICE_NAME',
  ];
  const TOPICS = ['TOPIC_NAMES_TABLE', 'CLUSTER_ASSIGNMENTS_TABLE'];
  const API = ['ANTHROPIC_BASE_URL', 'ANTHROPIC_SECRET_NAME'];
  const DATABASE = ['DATABASE_SECRET_NAME', 'DATABASE_TLS', 'DATABASE_TLS_SERVER_NAME', 'MATH_ENV'];
  const PLANNING = ['DEFAULT_MODEL', 'LEDGER_TABLE', ...DATABASE, ...TOPICS];
  const PAYING = ['JOB_BUDGET_USD', 'DAY_BUDGET_USD', 'MODEL_ALIASES', 'UNKNOWN_MODEL', 'UNPRICED_MODELS'];
  it.each([
    ['dispatch', ['STATE_MACHINE_ARN']],
    ['adopt', PLANNING],
    ['submit', [...PLANNING, ...PAYING, ...API]],
    ['check-status', ['LEDGER_TABLE', ...API]],
    ['collect', ['LEDGER_TABLE', ...API]],
    ['complete', ['LEDGER_TABLE', 'REPORTS_TABLE', ...DATABASE]],
    ['fail', ['LEDGER_TABLE']],
    ['execution-changed', ['LEDGER_TABLE']],
    ['sweep', ['LEDGER_TABLE', 'STATE_MACHINE_ARN']],
  ])('gives %s only the environment that it needs', (name, names) => {
    const { narratives } = stacks({
      'narratives:anthropicBaseUrl': 'http://localhost:8080',
      'narratives:databaseTlsServerName': 'db.example.org',
      'narratives:jobBudgetUsd': 5,
      'narratives:dayBudgetUsd': 20,
      'narratives:unpricedModels': 'narrator-9, narrator-10',
      'narratives:modelAliases': 'claude-opus-4-20250514=claude-opus-5-5',
      'narratives:unknownModel': 'refuse',
    });
    const { Variables } = functionsByName(narratives)[name].Environment;
    expect(Object.keys(Variables).sort()).toEqual([...EVERYWHERE, ...names].sort());
  });

  it('leaves a stand-in address and a budget out unless they are set', () => {
    const { Variables } = functionsByName(created.narratives).submit.Environment;
    expect(Variables).not.toHaveProperty('ANTHROPIC_BASE_URL');
    for (const name of ['JOB_BUDGET_USD', 'DAY_BUDGET_USD', 'UNPRICED_MODELS', 'MODEL_ALIASES', 'UNKNOWN_MODEL'])
      expect(Variables).not.toHaveProperty(name);
  });

  it("tells submit, and the stack's outputs, what a day may cost", () => {
    const { narratives } = stacks({
      'narratives:dayBudgetUsd': 20,
      'narratives:unpricedModels': ['narrator-9', 'x-10'],
    });
    const { Variables } = functionsByName(narratives).submit.Environment;
    expect(Variables).toMatchObject({ DAY_BUDGET_USD: '20', UNPRICED_MODELS: 'narrator-9,x-10' });
    expect(narratives.findOutputs('DayBudgetUsd')).toEqual({ DayBudgetUsd: { Value: '20' } });
    expect(created.narratives.findOutputs('DayBudgetUsd')).toEqual({});
  });

  it("tells submit, and the stack's outputs, which models stand in for others", () => {
    const aliases = { 'claude-opus-4-20250514': 'claude-opus-5-5', 'claude-old': 'claude-sonnet-5-5' };
    const { narratives } = stacks({ 'narratives:modelAliases': aliases });
    const text = 'claude-opus-4-20250514=claude-opus-5-5,claude-old=claude-sonnet-5-5';
    expect(functionsByName(narratives).submit.Environment.Variables).toMatchObject({ MODEL_ALIASES: text });
    expect(narratives.findOutputs('ModelAliases')).toEqual({ ModelAliases: { Value: text } });
    expect(created.narratives.findOutputs('ModelAliases')).toEqual({});
  });

  it('gives functions the names of imported tables', () => {
    const { Variables } = functionsByName(stacks(IMPORTED).narratives).complete.Environment;
    expect(Variables).toMatchObject({ JOB_TABLE: 'PolisJobs', REPORTS_TABLE: 'PolisReports', LEDGER_TABLE: 'Ledger' });
  });
});
