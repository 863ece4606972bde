import type { Context } from 'aws-lambda';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { METRICS, type Metrics } from '../../../lambdas/shared/metrics.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const context = { getRemainingTimeInMillis: () => 60_000 } as Context;

/** The runtime as a function starts it, and the figures that its standard output tells. */
async function started(env: Record<string, string> = {}) {
  vi.resetModules();
  vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'narratives-collect');
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const lines: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  const { stepHandler } = await import('../../../lambdas/runtime/step-handler.ts');
  const figures = () => lines.map((line) => JSON.parse(line)).filter((line) => '_aws' in line);
  const run = (step: (metrics: Metrics) => void) =>
    stepHandler(
      async (deps) => step(deps.metrics),
      async () => ({}),
    )({ job_id: 'j' }, context);
  return { run, figures, lines, stderr };
}

describe('figures in the log', () => {
  test('are one line of the embedded metric format, written when the invocation ends', async () => {
    const { run, figures } = await started();
    await run((metrics) => {
      metrics.add('SectionsStored', 15);
      metrics.add('CostUsd', 0.25);
      expect(figures()).toEqual([]);
    });
    expect(figures()).toMatchObject([
      {
        service: 'narratives',
        SectionsStored: 15,
        CostUsd: 0.25,
        _aws: {
          Timestamp: expect.any(Number),
          CloudWatchMetrics: [
            {
              Namespace: 'DelphiNarratives',
              Dimensions: [['service']],
              Metrics: [
                { Name: 'SectionsStored', Unit: 'Count' },
                { Name: 'CostUsd', Unit: 'None' },
              ],
            },
          ],
        },
      },
    ]);
  });

  test('with a dimension are two series: the total, and that of the value', async () => {
    const { run, figures } = await started();
    await run((metrics) => metrics.add('SectionsFailed', 2, { reason: 'refusal' }));
    expect(figures()).toMatchObject([
      {
        service: 'narratives',
        reason: 'refusal',
        SectionsFailed: 2,
        _aws: { CloudWatchMetrics: [{ Dimensions: [['service'], ['service', 'reason']] }] },
      },
    ]);
  });

  test('of two batches in one step are both there', async () => {
    const { run, figures } = await started();
    await run((metrics) => {
      metrics.add('BatchSeconds', 30);
      metrics.add('BatchSeconds', 50);
    });
    expect(figures()).toMatchObject([{ BatchSeconds: [30, 50] }]);
  });

  test('are of the stage, not of the function', async () => {
    const { run, figures } = await started({ STAGE: 'preprod' });
    await run((metrics) => metrics.add('JobsResumed', 1));
    expect(figures()).toMatchObject([{ service: 'narratives-preprod' }]);
  });

  test('that a step added before it failed are published', async () => {
    const { run, figures } = await started();
    const failing = run((metrics) => {
      metrics.add('JobsFailed', 1, { error: 'BatchOverdue' });
      metrics.add('Rounds', 1);
      throw new TypeError('x');
    });
    await expect(failing).rejects.toThrow('x');
    expect(figures()).toMatchObject([{ JobsFailed: 1 }, { Rounds: 1 }]);
  });

  test('are published once; an invocation without figures writes nothing', async () => {
    const { run, figures, lines, stderr } = await started();
    await run((metrics) => metrics.add('Rounds', 3));
    await run(() => undefined);
    expect(figures()).toHaveLength(1);
    expect(lines).toHaveLength(1);
    expect(stderr).not.toHaveBeenCalled();
  });

  test('have units that CloudWatch knows', async () => {
    const { run, figures } = await started();
    await run((metrics) => {
      for (const name of Object.keys(METRICS) as (keyof typeof METRICS)[]) metrics.add(name, 1);
    });
    const { Metrics: published } = figures()[0]._aws.CloudWatchMetrics[0];
    expect(published).toEqual(Object.entries(METRICS).map(([Name, Unit]) => ({ Name, Unit })));
  });
});
