import { Metric, type MetricProps, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import { METRICS_NAMESPACE, type MetricName, metricsService } from '../../lambdas/shared/metrics.ts';

/** The figures that the functions of one stage publish, by their names. */
export class Figures {
  private readonly service: string;

  constructor(stage: string | undefined) {
    this.service = metricsService(stage);
  }

  /** A figure over a period; `statistic` is the sum unless told. */
  of(metricName: MetricName, props: Pick<MetricProps, 'statistic' | 'period' | 'label' | 'color'> = {}): Metric {
    return new Metric({
      namespace: METRICS_NAMESPACE,
      metricName,
      dimensionsMap: { service: this.service },
      statistic: Stats.SUM,
      period: Duration.minutes(5),
      ...props,
    });
  }

  /** The part of a figure that has one value of its own dimension. */
  withValue(metricName: MetricName, dimension: string, value: string): Metric {
    return this.of(metricName).with({ dimensionsMap: { service: this.service, [dimension]: value } });
  }

  /** A search for every value of a figure's own dimension, for graphs: alarms cannot watch a search. */
  each(metricName: MetricName, dimension: string, period: Duration): string {
    const schema = `{${METRICS_NAMESPACE},service,${dimension}}`;
    return `SEARCH('${schema} service="${this.service}" MetricName="${metricName}"', 'Sum', ${period.toSeconds()})`;
  }
}
