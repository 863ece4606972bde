import { METRICS, type MetricName, type Metrics } from '../../lambdas/shared/metrics.ts';

/** What a worker does again and again. */
export type Duty = 'lease' | 'tables' | 'look' | 'sweep';

/** How each duty went the last time. */
export class Health {
  readonly #troubles = new Map<Duty, string>();

  /** @returns whether that is news */
  good(duty: Duty): boolean {
    return this.#troubles.delete(duty);
  }

  /** @returns whether that is news */
  bad(duty: Duty, why: string): boolean {
    const before = this.#troubles.get(duty);
    this.#troubles.set(duty, why);
    return before !== why;
  }

  troubles(): Partial<Record<Duty, string>> {
    return Object.fromEntries(this.#troubles);
  }
}

type Labels = Readonly<Record<string, string>>;

/** Figures as Prometheus reads them: sums of what the steps add, and what is looked up when somebody asks. */
export class Figures implements Metrics {
  readonly #sums = new Map<string, { name: MetricName; labels: Labels; sum: number; count: number }>();
  /** The sweep counts what there is: these are as it last found them. */
  static readonly #GAUGES: readonly MetricName[] = ['OldestJobSeconds', 'UnwatchedBatches'];

  add(name: MetricName, value: number, labels: Labels = {}): void {
    const key = JSON.stringify([name, labels]);
    const before = this.#sums.get(key);
    const isGauge = Figures.#GAUGES.includes(name);
    const sum = isGauge ? value : (before?.sum ?? 0) + value;
    this.#sums.set(key, { name, labels, sum, count: (before?.count ?? 0) + 1 });
  }

  /** @param now figures of this moment, by their names */
  text(now: Readonly<Record<string, number>>): string {
    const lines: string[] = [];
    for (const [name, value] of Object.entries(now))
      lines.push(`# TYPE narratives_${name} gauge`, `narratives_${name} ${value}`);
    const byName = Map.groupBy(this.#sums.values(), ({ name }) => name);
    for (const [name, all] of byName) {
      const isGauge = Figures.#GAUGES.includes(name);
      const shown = `narratives_${snakeCase(name)}${isGauge ? '' : '_total'}`;
      lines.push(`# TYPE ${shown} ${isGauge ? 'gauge' : 'counter'}`);
      // a total without labels would be counted twice beside its parts
      const parts = all.filter(({ labels }) => Object.keys(labels).length > 0);
      for (const { labels, sum } of parts.length > 0 ? parts : all) lines.push(`${shown}${labelsText(labels)} ${sum}`);
      if (METRICS[name] === 'Seconds' && !isGauge)
        lines.push(
          `# TYPE ${shown.replace(/_total$/, '_count')} counter`,
          `${shown.replace(/_total$/, '_count')} ${all[0]?.count}`,
        );
    }
    return `${lines.join('\n')}\n`;
  }
}

const snakeCase = (name: string): string => name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`,
  );
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}
