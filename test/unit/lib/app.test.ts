import { describe, expect, it } from 'vitest';
import { IMPORTED, narrativesApp } from '../../support/stacks.ts';

const WHOLE = { 'narratives:httpApi': 'iam', 'narratives:alarmEmail': 'night@polis.example' };

/** Every stack with the outputs of others that it reads, as `STACK.OUTPUT`. */
function synthesized(context: Record<string, unknown>) {
  const { stacks } = narrativesApp(context).app.synth();
  return stacks.map(({ stackName, template, dependencies }) => {
    const text = JSON.stringify(template);
    const reads = [...text.matchAll(/"Fn::GetStackOutput":(\{.*?\}(?=\}))/g)].map(([, read = '']) => JSON.parse(read));
    return {
      stackName,
      text,
      outputs: Object.entries<{ Export?: unknown }>(template.Outputs ?? {}),
      reads: reads.map(({ StackName, OutputName }) => ({ from: String(StackName), output: String(OutputName) })),
      after: dependencies.map(({ id }) => id),
    };
  });
}

describe.each([
  ['new tables', WHOLE],
  ['existing tables', { ...WHOLE, ...IMPORTED }],
  ['a stage', { ...WHOLE, ...IMPORTED, 'narratives:stage': 'preprod' }],
])('stacks with %s', (_, context) => {
  const stacks = synthesized(context);

  it('export nothing: CloudFormation would not let a later version drop what another stack has imported', () => {
    for (const { outputs, text, stackName } of stacks) {
      expect(
        outputs.filter(([, { Export }]) => Export),
        stackName,
      ).toEqual([]);
      expect(text, stackName).not.toContain('Fn::ImportValue');
    }
  });

  it('read only outputs that the other stack has, and are deployed after it', () => {
    expect(stacks.flatMap(({ reads }) => reads).length).toBeGreaterThan(10);
    for (const { stackName, reads, after } of stacks) {
      for (const { from, output } of reads) {
        const other = stacks.find((stack) => stack.stackName === from);
        expect(
          other?.outputs.map(([name]) => name),
          `${stackName} of ${from}`,
        ).toContain(output);
        expect(after, stackName).toContain(from);
      }
    }
  });
});
