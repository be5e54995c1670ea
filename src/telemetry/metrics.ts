import type { LogFields } from '../kernel/telemetry-ports.ts';
import { processMetrics } from './process-metrics.ts';
import { type CounterDefinition, type LabelValues, Tally } from './tally.ts';

/** In front of every metric name. */
const prefix = 'viaduct_';

/** One value of a gauge that has several. The label names are the same in all of them, their values few. */
export interface GaugeSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export type GaugeReading = number | readonly GaugeSample[];

interface GaugeDefinition {
  readonly help: string;
  readonly read: () => GaugeReading;
}

/** The counters and gauges of one program. prom-client is loaded when somebody asks for the text. */
export class Metrics {
  readonly #tallies = new Map<string, Tally>();
  readonly #gauges = new Map<string, GaugeDefinition>();

  /** Shows the counter from now on, as 0 when it has no labels. One that is known stays as it is. */
  declare(definition: CounterDefinition): Tally {
    let tally = this.#tallies.get(definition.counter);
    if (tally === undefined) this.#tallies.set(definition.counter, (tally = new Tally(definition)));
    return tally;
  }

  increment(definition: CounterDefinition, fields: LogFields): void {
    this.declare(definition).increment(fields);
  }

  /** Value of a counter; 0 when nothing was counted. @param labels narrow it down. */
  count(counter: string, labels?: LabelValues): number {
    return this.#tallies.get(counter)?.count(labels) ?? 0;
  }

  /**
   * A value that is read when somebody asks. @param name without prefix; one that is known is replaced, and one that
   * ends in `_total` is shown as a counter.
   */
  gauge(name: string, help: string, read: () => GaugeReading): void {
    this.#gauges.set(name, { help, read });
  }

  /** Everything in the text format of Prometheus. */
  async text(): Promise<string> {
    const { Counter, Gauge, Registry } = await import('prom-client');
    const registry = new Registry(); // its own, so that two programs in one process stay apart
    const registers = [registry];
    for (const tally of this.#tallies.values()) {
      const { counter, help, labels } = tally.definition;
      const metric = new Counter({ name: prefix + counter, help, labelNames: labels, registers });
      for (const [values, count] of tally.sets()) metric.inc(values, count);
    }
    for (const [name, { help, read }] of this.#gauges) {
      const reading = read();
      const samples = typeof reading === 'number' ? [{ labels: {}, value: reading }] : reading;
      if (samples.length === 0) continue; // it would be shown as 0
      const labelNames = Object.keys(samples[0]?.labels ?? {});
      const definition = { name: prefix + name, help, labelNames, registers };
      // a new metric begins at 0
      const metric = name.endsWith('_total') ? new Counter(definition) : new Gauge(definition);
      for (const { labels, value } of samples) metric.inc(labels, value);
    }
    for (const { name, type, help, read } of processMetrics) {
      if (type === 'counter') new Counter({ name: prefix + name, help, registers }).inc(read());
      else new Gauge({ name: prefix + name, help, registers }).set(read());
    }
    return registry.metrics();
  }
}
