import type { Context } from 'aws-lambda';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { METRICS, type Metrics } from '../../../lambdas/shared/metrics.ts';
import { dispatch } from '../../../lambdas/steps/dispatch.ts';
import { ended, open, world } from '../../support/check-world.ts';
import { memoryJobs, memoryLog } from '../../support/fakes.ts';
import { batchStatus } from '../../support/make.ts';

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

  test('with a dimension are two series in one line: the total, and the one of the value', async () => {
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

  test('that a step added before it failed are told', async () => {
    const { run, figures } = await started();
    const failing = run((metrics) => {
      metrics.add('JobsFailed', 1, { error: 'BatchOverdue' });
      metrics.add('Rounds', 1);
      throw new TypeError('x');
    });
    await expect(failing).rejects.toThrow('x');
    expect(figures()).toMatchObject([{ JobsFailed: 1 }, { Rounds: 1 }]);
  });

  test('are not told again by the next invocation, and one without figures writes nothing at all', async () => {
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
    const { Metrics: told } = figures()[0]._aws.CloudWatchMetrics[0];
    expect(told).toEqual(Object.entries(METRICS).map(([Name, Unit]) => ({ Name, Unit })));
  });
});

describe('how long a batch took', () => {
  const at = { ended_at: '2026-11-22T10:01:31.000Z' };

  test('is told once, by the check that finds it ended', async () => {
    const { run, added, entries } = world({ b0: { ...ended('b0'), ...at } });
    await run();
    await run();
    expect(added).toEqual([{ name: 'BatchSeconds', value: 90 }]);
    expect([...entries.values()]).toMatchObject([{ state: 'ended', ...at }]);
  });

  test('is told of each batch, and of none that is still under way', async () => {
    const { run, added } = world({ b0: { ...ended('b0'), ...at }, b1: batchStatus('b1', 2) }, [open(0), open(1)]);
    await run();
    expect(added).toEqual([{ name: 'BatchSeconds', value: 90 }]);
  });
});

describe('a row that is refused', () => {
  test('is counted once, though its record is delivered twice', async () => {
    const row = { job_id: 'j', job_type: 'CREATE_NARRATIVE_BATCH', status: 'PENDING', version: 1 };
    const { jobs } = memoryJobs(row);
    const added: unknown[][] = [];
    const deps = {
      jobs,
      executions: { start: async () => 'started' as const },
      log: memoryLog().log,
      metrics: { add: (...figure: unknown[]) => void added.push(figure) },
      now: () => new Date(0),
    };
    expect(await dispatch(deps, row)).toBe('refused');
    await dispatch(deps, row);
    expect(added).toEqual([['JobsFailed', 1, { error: 'InvalidJobRow' }]]);
  });
});
