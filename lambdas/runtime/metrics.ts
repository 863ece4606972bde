import { Metrics as PowertoolsMetrics } from '@aws-lambda-powertools/metrics';
import { METRICS } from '../domain/metrics.ts';
import type { Metrics } from '../ports.ts';

const powertools = new PowertoolsMetrics({ namespace: 'DelphiNarratives' });

/** Figures in the log as CloudWatch's embedded metric format: no call is made for them. */
export const metrics: Metrics = {
  add(name, value, dimensions) {
    // a metric with a dimension of its own is a line of its own
    const target = dimensions ? powertools.singleMetric() : powertools;
    if (dimensions) target.addDimensions(dimensions);
    target.addMetric(name, METRICS[name], value);
  },
};

/** Writes what was added since the last call. */
export const publishMetrics = (): void => void powertools.publishStoredMetrics();
