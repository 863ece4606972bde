import { Metric, type MetricProps, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Duration } from 'aws-cdk-lib/core';
import { METRICS_NAMESPACE, type MetricName, metricsService } from '../../lambdas/shared/metrics.ts';
import type { FunctionName } from '../functions.ts';
import type { NarrativesConfig } from '../settings.ts';

/** Each counts among the metrics of the dashboard. */
const MOST_FREQUENT = 4;

/** The metrics that the functions of one stage publish, by their names. */
export class NarrativesMetrics {
  private readonly service: string;

  constructor(stage: string | undefined) {
    this.service = metricsService(stage);
  }

  /** A metric over a period (5 minutes, unless given); `statistic` is the sum, unless given. */
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

  /** The part of a metric that has one value of its own dimension. */
  withValue(metricName: MetricName, dimension: string, value: string): Metric {
    return this.of(metricName).with({ dimensionsMap: { service: this.service, [dimension]: value } });
  }

  /** A search for the six most frequent values of a metric's own dimension, for graphs: alarms cannot watch a search. */
  mostFrequent(metricName: MetricName, dimension: string, period: Duration): string {
    const schema = `{${METRICS_NAMESPACE},service,${dimension}}`;
    const all = `SEARCH('${schema} service="${this.service}" MetricName="${metricName}"', 'Sum', ${period.toSeconds()})`;
    return `SLICE(SORT(${all}, SUM, DESC), 0, ${MOST_FREQUENT})`;
  }
}

/** What the dashboard and the alarms look at. */
export interface Watched {
  readonly config: NarrativesConfig;
  readonly metrics: NarrativesMetrics;
  readonly machine: IStateMachine;
  readonly deadLetters: IQueue;
  readonly functions: Readonly<Record<FunctionName, Lambda>>;
}
