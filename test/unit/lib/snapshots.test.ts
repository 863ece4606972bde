import { describe, expect, it } from 'vitest';
import { IMPORTED, NETWORK, narrativesApp, readable } from '../../support/stacks.ts';

// `npx vitest run test/unit/lib/snapshots.test.ts -u` writes them again: read the difference before you commit it.
describe('templates', () => {
  it.each([
    ['create', {}],
    ['import', IMPORTED],
    ['vpc', { ...IMPORTED, ...NETWORK }],
  ])('have not changed: %s', async (name, context) => {
    const { app, data, narratives } = narrativesApp(context);
    const assembly = app.synth();
    const text = (data ? [data, narratives] : [narratives])
      .map(({ stackName }) => `# ${stackName}\n${readable(assembly.getStackByName(stackName).template)}\n`)
      .join('\n');
    await expect(text).toMatchFileSnapshot(`snapshots/${name}.snap`);
  });

  it('hold no hash, so that a new bundle alone changes no snapshot', () => {
    const template = {
      Resources: { JobTable0F869D99: { Type: 'T', Properties: { S3Key: `${'ab01'.repeat(16)}.zip` } } },
    };
    expect(readable(template)).toMatch(/'T JobTable': \{ Properties: \{ S3Key: '<asset>.zip' \} \}/);
  });
});
