// One by one: the package's index would load what is asked of the process as well, see processMetrics.
import Counter from "prom-client/lib/counter.js";
import Gauge from "prom-client/lib/gauge.js";
import Histogram from "prom-client/lib/histogram.js";
import Registry from "prom-client/lib/registry.js";
import { METRICS, type MetricName, type MetricSpec } from "./metric-table.ts";

export type Labels = Readonly<Record<string, string>>;

/** One value of a gauge or counter that is kept elsewhere and only read when somebody asks. */
export interface Sample {
  readonly value: number;
  readonly labels?: Labels;
}

/**
 * The metrics of this process in a registry of their own, together with what prom-client tells of the process and its
 * event loop. Knows names, not parts: see meter.ts.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #all = new Map<string, Counter | Gauge | Histogram>();
  readonly #sources: (() => void)[] = [];

  constructor() {
    for (const [name, spec] of Object.entries(METRICS)) this.#all.set(name, this.#make(name, spec));
  }

  /** Counts one more. */
  count(name: MetricName, labels: Labels = {}): void {
    const metric = this.#all.get(name);
    if (metric instanceof Counter) metric.inc({ ...labels });
  }

  /** Notes how long something took. */
  time(name: MetricName, ms: number, labels: Labels = {}): void {
    const metric = this.#all.get(name);
    if (metric instanceof Histogram) metric.observe({ ...labels }, Math.max(0, ms) / 1_000);
  }

  /** Reads these values each time somebody asks; what is not among them is not shown. */
  read(name: MetricName, samples: () => readonly Sample[]): void {
    const metric = this.#all.get(name);
    this.#sources.push(() => {
      if (metric === undefined || metric instanceof Histogram) return;
      empty(metric, METRICS[name]);
      for (const { value, labels = {} } of samples()) {
        if (metric instanceof Counter) metric.inc({ ...labels }, value);
        else metric.set({ ...labels }, value);
      }
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Prometheus' text format. A part that cannot be read leaves its own metrics out, not everybody's. */
  async text(): Promise<string> {
    for (const source of this.#sources) {
      try {
        source();
      } catch {
        // A database that is closed or full: what could not be read is absent, which is what it should look like.
      }
    }
    const ofProcess = await processMetrics();
    return `${await ofProcess.metrics()}\n${await this.#registry.metrics()}`;
  }

  #make(name: string, { type, help, labels, buckets }: MetricSpec): Counter | Gauge | Histogram {
    const options = { name, help, labelNames: [...labels], registers: [this.#registry] };
    if (type === "counter") return new Counter(options);
    if (type === "gauge") {
      const made = new Gauge(options);
      empty(made, { labels });
      return made;
    }
    return new Histogram({ ...options, ...(buckets === undefined ? {} : { buckets: [...buckets] }) });
  }
}

let processRegistry: Promise<Registry> | undefined;

/**
 * What prom-client tells of the process: once for all that run in it, since its observers cannot be taken back, and from
 * the first time that somebody asks, since looking at the event loop wakes the process up a hundred times a second, and
 * the code for it takes 5 MB.
 */
function processMetrics(): Promise<Registry> {
  processRegistry ??= import("prom-client/lib/defaultMetrics.js").then(({ default: collectDefaultMetrics }) => {
    const register = new Registry();
    collectDefaultMetrics({ register });
    return register;
  });
  return processRegistry;
}

/** Without labels prom-client shows 0 where nothing is known; for a gauge that would be a lie. */
function empty(metric: Counter | Gauge, { labels }: Pick<MetricSpec, "labels">): void {
  metric.reset();
  if (metric instanceof Gauge && labels.length === 0) metric.remove();
}
