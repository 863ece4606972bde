import { describe, expect, it } from 'vitest';
import { functionsByStep, IMPORTED, type Statement, stacks, statementsOf } from './stacks.ts';

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

  const EVERYWHERE = ['JOB_TABLE', 'NODE_OPTIONS', 'POWERTOOLS_LOG_LEVEL', 'POWERTOOLS_SERVICE_NAME'];
  const TOPICS = ['TOPIC_NAMES_TABLE', 'CLUSTER_ASSIGNMENTS_TABLE'];
  const API = ['ANTHROPIC_BASE_URL', 'ANTHROPIC_SECRET_NAME'];
  const PLANNING = ['DATABASE_SECRET_NAME', 'DEFAULT_MODEL', 'JOB_BUDGET_USD', 'LEDGER_TABLE', 'MATH_ENV', ...TOPICS];
  it.each([
    ['dispatch', ['STATE_MACHINE_ARN']],
    ['adopt', PLANNING],
    ['submit', [...PLANNING, ...API]],
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
    });
    const { Variables } = functionsByStep(narratives)[step].Environment;
    expect(Object.keys(Variables).sort()).toEqual([...EVERYWHERE, ...names].sort());
  });

  it('leaves a stand-in address and a budget out unless they are set', () => {
    const { Variables } = functionsByStep(created.narratives).submit.Environment;
    expect(Variables).not.toHaveProperty('ANTHROPIC_BASE_URL');
    expect(Variables).not.toHaveProperty('JOB_BUDGET_USD');
  });

  it('names the existing tables to the steps when they are imported', () => {
    const { Variables } = functionsByStep(stacks(IMPORTED).narratives).collect.Environment;
    expect(Variables).toMatchObject({ JOB_TABLE: 'PolisJobs', REPORTS_TABLE: 'PolisReports', LEDGER_TABLE: 'Ledger' });
  });

  it('asks for all resources only where AWS knows no narrower ones', () => {
    const policies = Object.values(created.narratives.findResources('AWS::IAM::Policy'));
    const statements: Statement[] = policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
    const wide = statements.filter(({ Resource }) => [Resource].flat().includes('*')).flatMap(({ Action }) => Action);
    const services = new Set(
      wide.map((action) => action.replace(/:(.*)(LogDeliver|ResourcePolic|LogGroups).*/, ':log delivery')),
    );
    expect([...services].sort()).toEqual([
      'dynamodb:ListStreams',
      'logs:log delivery',
      'xray:GetSamplingRules',
      'xray:GetSamplingTargets',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ]);
    expect(JSON.stringify(statements.map(({ Action }) => Action))).not.toContain('*');
  });

  it.each([
    ['anthropic-api-key', ['check-status', 'collect', 'submit']],
    ['database-url', ['adopt', 'submit']],
    ['Delphi_CommentClustersLLMTopicNames', ['adopt', 'submit']],
    ['ReportsTable', ['collect', 'complete']],
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
