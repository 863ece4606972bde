import { Metrics as PowertoolsMetrics } from '@aws-lambda-powertools/metrics';
import { METRICS, METRICS_NAMESPACE, type Metrics, metricsService } from '../shared/metrics.ts';

const powertools = new PowertoolsMetrics({
  namespace: METRICS_NAMESPACE,
  // not POWERTOOLS_SERVICE_NAME, which is the step's: a figure is one series, whichever function tells it
  serviceName: metricsService(process.env.STAGE),
});

/** Figures in the log as CloudWatch's embedded metric format: no call is made for them. */
export const metrics: Metrics = {
  add(name, value, dimensions) {
    if (!dimensions) return void powertools.addMetric(name, METRICS[name], value);
    // one line, two series: the total, which an alarm can watch, and the one of this value
    powertools.singleMetric().addDimensions({}).addDimensions(dimensions).addMetric(name, METRICS[name], value);
  },
};

/** Writes what was added since the last call. */
export function publishMetrics(): void {
  if (powertools.hasStoredMetrics()) powertools.publishStoredMetrics();
}
