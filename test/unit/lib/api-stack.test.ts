import { Match, Template } from 'aws-cdk-lib/assertions';
import type { App } from 'aws-cdk-lib/core';
import { describe, expect, it } from 'vitest';
import { findings } from '../../../lib/nag.ts';
import { functionsByName, IMPORTED, narrativesApp, statementsOf } from '../../support/stacks.ts';

function synth(context: Record<string, unknown>) {
  const { app, api } = narrativesApp(context);
  return { app, api, template: api && Template.fromStack(api) };
}

const made = synth({ 'narratives:httpApi': 'iam' });
const template = made.template as Template;
const open = synth({ 'narratives:httpApi': 'open' });

const routes = (of: Template) =>
  Object.values(of.findResources('AWS::ApiGatewayV2::Route')).map(({ Properties }) => ({
    route: Properties.RouteKey,
    authorization: Properties.AuthorizationType,
  }));

describe('the HTTP API', () => {
  it('is not there unless it is asked for', () => {
    expect(synth({}).api).toBeUndefined();
  });

  it('answers four routes to callers who sign', () => {
    expect(routes(template)).toEqual([
      { route: 'GET /api/v3/delphi/reports', authorization: 'AWS_IAM' },
      { route: 'GET /api/v3/delphi/reports/{report_id}/html', authorization: 'AWS_IAM' },
      { route: 'POST /api/v3/delphi/batchReports', authorization: 'AWS_IAM' },
      { route: 'POST /api/v3/delphi/batchReports/{job_id}/cancel', authorization: 'AWS_IAM' },
    ]);
  });

  it('answers anybody only when it is set to be open', () => {
    expect(routes(open.template as Template).map(({ authorization }) => authorization)).toEqual(Array(4).fill('NONE'));
  });

  it('allows no other site’s pages to call it', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Api', { CorsConfiguration: Match.absent() });
  });

  it('sends requests in the format that the functions read', () => {
    const found = Object.values(template.findResources('AWS::ApiGatewayV2::Integration'));
    expect(found.map(({ Properties }) => Properties.PayloadFormatVersion)).toEqual(Array(4).fill('2.0'));
  });

  it('is throttled, and keeps an access log without readers’ addresses', () => {
    const { template } = synth({ 'narratives:httpApi': 'iam', 'narratives:logRetentionDays': '30' });
    const [stage] = Object.values((template as Template).findResources('AWS::ApiGatewayV2::Stage'));
    expect(stage?.Properties.DefaultRouteSettings).toEqual({ ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 });
    const { DestinationArn, Format } = stage?.Properties.AccessLogSettings ?? {};
    expect(JSON.parse(Format)).toMatchObject({ requestId: '$context.requestId', status: '$context.status' });
    expect(Format).not.toMatch(/sourceIp/);
    const group = (template as Template).findResources('AWS::Logs::LogGroup')[DestinationArn['Fn::GetAtt'][0]];
    expect(group?.Properties.RetentionInDays).toBe(30);
  });

  it('has its address among the outputs', () => {
    expect(Object.keys(template.findOutputs('ApiUrl'))).toEqual(['ApiUrl']);
  });

  it('can be deployed next to that of another stage', () => {
    const { api } = synth({ ...IMPORTED, 'narratives:httpApi': 'iam', 'narratives:stage': 'beta' });
    expect(api?.stackName).toBe('DelphiNarrativesApi-beta');
  });
});

describe('the functions of the HTTP API', () => {
  const EVERYWHERE = ['AWS_SDK_UA_APP_ID', 'NODE_OPTIONS', 'POWERTOOLS_LOG_LEVEL', 'POWERTOOLS_SERVICE_NAME'];
  it.each([
    ['api-reports', ['REPORTS_TABLE']],
    [
      'api-report-page',
      ['DATABASE_SECRET_NAME', 'DATABASE_TLS', 'JOB_TABLE', 'LEDGER_TABLE', 'MATH_ENV', 'REPORTS_TABLE'],
    ],
    [
      'api-batch-reports',
      ['DATABASE_SECRET_NAME', 'DATABASE_TLS', 'DEFAULT_MODEL', 'JOB_TABLE', 'LEDGER_TABLE', 'MATH_ENV'],
    ],
    ['api-cancel', ['JOB_TABLE']],
  ])('give %s only the environment that it needs', (name, names) => {
    const { Variables } = functionsByName(template)[name].Environment;
    expect(Object.keys(Variables).sort()).toEqual([...EVERYWHERE, ...names].sort());
  });

  const allowed = (name: string) =>
    statementsOf(template, name)
      .flatMap(({ Action }) => Action)
      .filter((action) => /^(dynamodb|secretsmanager|states):/.test(action));

  it('let the one that reads reports query the index of that one table, and nothing else', () => {
    const tables = statementsOf(template, 'api-reports').filter(({ Action }) =>
      /dynamodb:|states:|secrets/.test(String(Action)),
    );
    expect(tables.map(({ Action }) => Action)).toEqual(['dynamodb:Query']);
    expect(JSON.stringify(tables[0]?.Resource)).toMatch(/ReportsTable.*\/index\/ReportIdTimestampIndex/);
  });

  it('let the one that puts jobs write to both tables, and start nothing', () => {
    const puts = statementsOf(template, 'api-batch-reports').filter(({ Action }) =>
      Action.includes('dynamodb:PutItem'),
    );
    expect(JSON.stringify(puts)).toContain('JobTable');
    expect(JSON.stringify(puts)).toContain('LedgerTable');
    const actions = allowed('api-batch-reports');
    expect(actions).toContain('dynamodb:Query');
    expect(actions).toContain('secretsmanager:GetSecretValue');
    expect(actions.filter((action) => action.startsWith('states:'))).toEqual([]);
    expect(JSON.stringify(statementsOf(template, 'api-batch-reports'))).not.toContain('anthropic');
  });
});

describe('the function that cancels jobs', () => {
  it('may read and change job rows, and nothing else', () => {
    const actions = statementsOf(template, 'api-cancel')
      .flatMap(({ Action }) => Action)
      .filter((action) => !/^(logs|xray):/.test(action));
    expect([...new Set(actions)].sort()).toEqual(['dynamodb:GetItem', 'dynamodb:UpdateItem']);
  });

  it('knows the stage, which is in the names of its executions', () => {
    const { template } = synth({ ...IMPORTED, 'narratives:httpApi': 'iam', 'narratives:stage': 'beta' });
    const { Variables } = functionsByName(template as Template)['api-cancel'].Environment;
    expect(Variables.STAGE).toBe('beta');
  });
});

describe('what AwsSolutions says of the HTTP API', () => {
  const ofTheApi = (app: App) =>
    findings(app)
      .map(({ ruleName }) => ruleName)
      .filter((rule) => /APIG/.test(rule));

  it('is nothing when callers sign', () => {
    expect(ofTheApi(made.app)).toEqual([]);
  });

  it('is that anybody may call it when it is open, unless that is accepted', () => {
    expect(ofTheApi(open.app).filter((rule) => !/APIG4/.test(rule))).toEqual([]);
  });
});
