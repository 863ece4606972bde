import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../lib/read-settings.ts';
import { BY_ROLE, functionsByName, narrativesApp, stacks, statementsOf } from '../../support/stacks.ts';

const ROLE_FUNCTIONS = ['check-status', 'collect', 'submit'];
const { narratives } = stacks({ ...BY_ROLE, 'narratives:httpApi': 'iam' });
const functions = functionsByName(narratives);

describe('provider aws', () => {
  it('knows no key: no template names one, nor a secret, an environment variable or a permission for it', () => {
    const { app } = narrativesApp({ ...BY_ROLE, 'narratives:httpApi': 'iam' });
    const templates = app.synth().stacks.map(({ template }) => template);
    expect(templates.length).toBeGreaterThan(1);
    for (const template of templates) {
      const text = JSON.stringify(template);
      expect(text.match(/api-?key|anthropic_secret|anthropicsecret|AWS::SecretsManager/gi) ?? []).toEqual([]);
      // of secrets, only that of the database is opened
      expect(
        [...text.matchAll(/secret:[\w/-]+/g)].filter(
          ([arn]) => !arn.startsWith('secret:delphi-narratives/database-url'),
        ),
      ).toEqual([]);
    }
  });

  it('with a key, the same search finds it', () => {
    const text = JSON.stringify(
      narrativesApp()
        .app.synth()
        .stacks.map(({ template }) => template),
    );
    expect(text).toMatch(/api-key/);
    expect(text).toMatch(/ANTHROPIC_SECRET_NAME/);
  });

  it('tells the functions that call the API their workspace, and no other function', () => {
    for (const [name, { Environment }] of Object.entries(functions)) {
      const given = Object.fromEntries(
        Object.entries(Environment.Variables).filter(([variable]) => variable.startsWith('ANTHROPIC_')),
      );
      expect(given, name).toEqual(
        ROLE_FUNCTIONS.includes(name)
          ? {
              ANTHROPIC_PROVIDER: 'aws',
              ANTHROPIC_AWS_WORKSPACE_ID: 'wrkspc_01AbCdEf23GhIj',
              ANTHROPIC_AWS_REGION: { Ref: 'AWS::Region' },
            }
          : {},
      );
    }
  });

  const ofWorkspace = (name: string, template = narratives) =>
    statementsOf(template, name).filter(({ Resource }) => JSON.stringify(Resource).includes('aws-external-anthropic:'));

  it('opens its one workspace to the functions that call the API, and to no other', () => {
    const open = Object.keys(functions).filter((name) => ofWorkspace(name).length > 0);
    expect(open.sort()).toEqual(ROLE_FUNCTIONS);
    const actions = ROLE_FUNCTIONS.map((name) => ofWorkspace(name).flatMap(({ Action }) => Action));
    expect(actions.map((list) => list.map((action) => action.replace('aws-external-anthropic:', '')))).toEqual([
      ['CancelBatchInference', 'GetBatchInference'],
      ['GetBatchInference'],
      ['CancelBatchInference', 'CreateBatchInference', 'GetBatchInference', 'GetModel', 'ListBatchInferences'],
    ]);
    const [statement] = ofWorkspace('submit');
    expect(JSON.stringify(statement?.Resource)).toMatch(
      /aws-external-anthropic:.*"Ref":"AWS::Region".*"Ref":"AWS::AccountId".*:workspace\/wrkspc_01AbCdEf23GhIj"/,
    );
  });

  it('takes a workspace of another region', () => {
    const { narratives: elsewhere } = stacks({ ...BY_ROLE, 'narratives:workspaceRegion': 'us-west-2' });
    const { Variables } = functionsByName(elsewhere).submit.Environment;
    expect(Variables.ANTHROPIC_AWS_REGION).toBe('us-west-2');
    expect(JSON.stringify(ofWorkspace('submit', elsewhere)[0]?.Resource)).toContain(
      'aws-external-anthropic:us-west-2:',
    );
    expect(elsewhere.findOutputs('AnthropicWorkspaceRegion')).toMatchObject({
      AnthropicWorkspaceRegion: { Value: 'us-west-2' },
    });
  });

  it('tells the command line of the workspace in the place of the secret', () => {
    const outputs = Object.keys(narratives.findOutputs('*'));
    expect(outputs.filter((name) => name.startsWith('Anthropic'))).toEqual([
      'AnthropicWorkspaceId',
      'AnthropicWorkspaceRegion',
    ]);
  });

  it.each([
    [{ 'narratives:provider': 'aws' }, /provider=aws needs narratives:workspaceId/],
    [{ 'narratives:workspaceId': 'wrkspc_1' }, /workspaceId has no meaning without narratives:provider=aws/],
    [{ 'narratives:workspaceRegion': 'eu-west-1' }, /workspaceRegion has no meaning without/],
  ])('refuses half of it: %j', (context, says) => {
    expect(() => readConfig(context)).toThrow(says);
  });
});
