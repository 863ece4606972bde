import { describe, expect, it } from 'vitest';
import { FUNCTIONS, type FunctionNeeds } from '../../../lib/functions.ts';
import { functionsByName, NETWORK, stacks, statementsOf } from '../../support/stacks.ts';

const { narratives } = stacks(NETWORK);
const withDatabase = Object.entries<FunctionNeeds>(FUNCTIONS).flatMap(([step, { database }]) =>
  database ? [step] : [],
);

describe('private network', () => {
  it('holds the functions that need the database, and no other', () => {
    const inside = Object.entries(functionsByName(narratives)).filter(([, { VpcConfig }]) => VpcConfig);
    expect(inside.map(([name]) => name).sort()).toEqual(withDatabase.sort());
    for (const [, { VpcConfig }] of inside) {
      expect(VpcConfig).toEqual({
        SubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
        SecurityGroupIds: ['sg-0123456789abcdef0'],
      });
    }
  });

  it('is joined by no function without the settings', () => {
    for (const { VpcConfig } of Object.values(functionsByName(stacks().narratives))) expect(VpcConfig).toBeUndefined();
  });

  it("lets Lambda create interfaces in these subnets and groups, and the functions' code none", () => {
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
    const others = Object.keys(FUNCTIONS).filter((name) => !withDatabase.includes(name));
    for (const name of others) expect(JSON.stringify(statementsOf(narratives, name)), name).not.toContain('ec2:');
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

describe('permissions', () => {
  const created = stacks();

  it.each([
    ['anthropic-api-key', ['check-status', 'collect', 'submit']],
    ['database-url', ['adopt', 'complete', 'submit']],
    ['Delphi_CommentClustersLLMTopicNames', ['adopt', 'submit']],
    ['Delphi_CommentHierarchicalClusterAssignments', ['submit']],
    ['ReportsTable', ['complete']],
    ['LedgerTable', ['adopt', 'check-status', 'collect', 'complete', 'execution-changed', 'fail', 'submit', 'sweep']],
  ])('opens %s to %j and to no other function', (resource, names) => {
    const allowed = Object.keys(functionsByName(created.narratives)).filter((name) =>
      JSON.stringify(statementsOf(created.narratives, name)).includes(resource),
    );
    expect(allowed.sort()).toEqual(names);
  });

  const functionsThatMay = (action: RegExp, resource: RegExp) =>
    Object.keys(functionsByName(created.narratives)).filter((name) =>
      statementsOf(created.narratives, name).some(
        ({ Action, Resource }) => action.test(String(Action)) && resource.test(JSON.stringify(Resource)),
      ),
    );

  it('lets only submit add job rows, every function change them, and none delete them', () => {
    expect(functionsThatMay(/PutItem/, /JobTable/)).toEqual(['submit']);
    expect(functionsThatMay(/UpdateItem/, /JobTable/)).toHaveLength(9);
    expect(functionsThatMay(/Delete|BatchWrite/, /JobTable/)).toEqual([]);
  });

  it('lets complete add rows to the reports and read none', () => {
    expect(functionsThatMay(/Get|Query|Update|Delete/, /ReportsTable/)).toEqual([]);
    expect(functionsThatMay(/PutItem/, /ReportsTable/)).toEqual(['complete']);
  });

  it('lets only those delete rows of the ledger that take back what was not sent or is not ours', () => {
    expect(functionsThatMay(/DeleteItem/, /LedgerTable/).sort()).toEqual(['check-status', 'collect', 'submit']);
  });

  it('lets a function read the value of a secret, and nothing else of it', () => {
    const actions = Object.keys(functionsByName(created.narratives))
      .flatMap((name) => statementsOf(created.narratives, name))
      .flatMap(({ Action }) => Action)
      .filter((action) => action.startsWith('secretsmanager:'));
    expect([...new Set(actions)]).toEqual(['secretsmanager:GetSecretValue']);
  });

  it("lets no function write to Delphi's topic tables", () => {
    expect(functionsThatMay(/Query/, /Delphi_Comment/)).toEqual(['adopt', 'submit']);
    expect(functionsThatMay(/Put|Update|Delete|Write/, /Delphi_Comment/)).toEqual([]);
  });
});
