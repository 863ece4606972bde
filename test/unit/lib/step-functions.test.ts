import { describe, expect, it } from 'vitest';
import { functionsByStep, IMPORTED, stacks, statementsOf } from '../../support/stacks.ts';

const created = stacks();

describe('step functions', () => {
  it.each([
    ['dispatch', 60, 256],
    ['adopt', 300, 512],
    ['submit', 300, 1024],
    ['check-status', 60, 256],
    ['collect', 900, 1024],
    ['complete', 120, 512],
    ['fail', 60, 256],
    ['execution-changed', 60, 256],
    ['sweep', 300, 512],
  ])('runs %s on Node 24 and arm64 for up to %i s in %i MB', (step, Timeout, MemorySize) => {
    expect(functionsByStep(created.narratives)[step]).toMatchObject({
      Timeout,
      MemorySize,
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
    });
  });

  it('runs on x86_64 where a region has no arm64', () => {
    const functions = Object.values(functionsByStep(stacks({ 'narratives:architecture': 'x86_64' }).narratives));
    for (const { Architectures } of functions) expect(Architectures).toEqual(['x86_64']);
  });

  it('traces every function, and keeps its log for as long as the setting says', () => {
    const { narratives } = stacks({ 'narratives:logRetentionDays': 30 });
    const functions = functionsByStep(narratives);
    for (const { TracingConfig } of Object.values(functions)) expect(TracingConfig).toEqual({ Mode: 'Active' });
    const groups = Object.values(narratives.findResources('AWS::Logs::LogGroup'));
    // one for each function, one for the state machine
    expect(groups).toHaveLength(Object.keys(functions).length + 1);
    for (const { Properties } of groups) expect(Properties.RetentionInDays).toBe(30);
  });

  const EVERYWHERE = ['JOB_TABLE', 'NODE_OPTIONS', 'POWERTOOLS_LOG_LEVEL', 'POWERTOOLS_SERVICE_NAME'];
  const TOPICS = ['TOPIC_NAMES_TABLE', 'CLUSTER_ASSIGNMENTS_TABLE'];
  const API = ['ANTHROPIC_BASE_URL', 'ANTHROPIC_SECRET_NAME'];
  const DATABASE = ['DATABASE_SECRET_NAME', 'DATABASE_TLS', 'MATH_ENV'];
  const PLANNING = ['DEFAULT_MODEL', 'JOB_BUDGET_USD', 'LEDGER_TABLE', ...DATABASE, ...TOPICS];
  const PAYING = ['DAY_BUDGET_USD', 'UNPRICED_MODELS'];
  it.each([
    ['dispatch', ['STATE_MACHINE_ARN']],
    ['adopt', PLANNING],
    ['submit', ['REPORTS_TABLE', ...PLANNING, ...PAYING, ...API]],
    ['check-status', ['LEDGER_TABLE', ...API]],
    ['collect', ['LEDGER_TABLE', 'REPORTS_TABLE', ...API]],
    ['complete', ['LEDGER_TABLE', 'REPORTS_TABLE']],
    ['fail', ['LEDGER_TABLE']],
    ['execution-changed', ['LEDGER_TABLE']],
    ['sweep', ['LEDGER_TABLE', 'STATE_MACHINE_ARN']],
  ])('gives %s only the environment that it needs', (step, names) => {
    const { narratives } = stacks({
      'narratives:anthropicBaseUrl': 'http://localhost:8080',
      'narratives:jobBudgetUsd': 5,
      'narratives:dayBudgetUsd': 20,
      'narratives:unpricedModels': 'narrator-9, narrator-10',
    });
    const { Variables } = functionsByStep(narratives)[step].Environment;
    expect(Object.keys(Variables).sort()).toEqual([...EVERYWHERE, ...names].sort());
  });

  it('leaves a stand-in address and a budget out unless they are set', () => {
    const { Variables } = functionsByStep(created.narratives).submit.Environment;
    expect(Variables).not.toHaveProperty('ANTHROPIC_BASE_URL');
    for (const name of ['JOB_BUDGET_USD', 'DAY_BUDGET_USD', 'UNPRICED_MODELS'])
      expect(Variables).not.toHaveProperty(name);
  });

  it('tells the step that sends, and whoever looks the deployment up, what a day may cost', () => {
    const { narratives } = stacks({
      'narratives:dayBudgetUsd': 20,
      'narratives:unpricedModels': ['narrator-9', 'x-10'],
    });
    const { Variables } = functionsByStep(narratives).submit.Environment;
    expect(Variables).toMatchObject({ DAY_BUDGET_USD: '20', UNPRICED_MODELS: 'narrator-9,x-10' });
    expect(narratives.findOutputs('DayBudgetUsd')).toEqual({ DayBudgetUsd: { Value: '20' } });
    expect(created.narratives.findOutputs('DayBudgetUsd')).toEqual({});
  });

  it('names the existing tables to the steps when they are imported', () => {
    const { Variables } = functionsByStep(stacks(IMPORTED).narratives).collect.Environment;
    expect(Variables).toMatchObject({ JOB_TABLE: 'PolisJobs', REPORTS_TABLE: 'PolisReports', LEDGER_TABLE: 'Ledger' });
  });

  it.each([
    ['anthropic-api-key', ['check-status', 'collect', 'submit']],
    ['database-url', ['adopt', 'submit']],
    ['Delphi_CommentClustersLLMTopicNames', ['adopt', 'submit']],
    ['ReportsTable', ['collect', 'complete', 'submit']],
    ['LedgerTable', ['adopt', 'check-status', 'collect', 'complete', 'execution-changed', 'fail', 'submit', 'sweep']],
  ])('opens %s to %j and to no other step', (resource, steps) => {
    const allowed = Object.keys(functionsByStep(created.narratives)).filter((step) =>
      JSON.stringify(statementsOf(created.narratives, step)).includes(resource),
    );
    expect(allowed.sort()).toEqual(steps);
  });

  const stepsThatMay = (action: RegExp, resource: RegExp) =>
    Object.keys(functionsByStep(created.narratives)).filter((step) =>
      statementsOf(created.narratives, step).some(
        ({ Action, Resource }) => action.test(String(Action)) && resource.test(JSON.stringify(Resource)),
      ),
    );

  it('lets submit alone add job rows, every step change them, and none delete them', () => {
    expect(stepsThatMay(/PutItem/, /JobTable/)).toEqual(['submit']);
    expect(stepsThatMay(/UpdateItem/, /JobTable/)).toHaveLength(9);
    expect(stepsThatMay(/Delete|BatchWrite/, /JobTable/)).toEqual([]);
  });

  it("lets no step write to Delphi's topic tables", () => {
    expect(stepsThatMay(/Query/, /Delphi_Comment/)).toEqual(['adopt', 'submit']);
    expect(stepsThatMay(/Put|Update|Delete|Write/, /Delphi_Comment/)).toEqual([]);
  });
});
