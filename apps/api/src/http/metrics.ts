import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export type HttpMetrics = {
  readonly observe: (method: string, route: string, status: number, milliseconds: number) => void;
  /** Registers a gauge whose value is read at every scrape. */
  readonly gauge: (name: string, help: string, read: () => number | Promise<number>) => void;
  /** Registers a gauge with labels, of which all values are read at every scrape. */
  readonly labelledGauge: (
    name: string,
    help: string,
    labelNames: readonly string[],
    read: () => readonly LabelledValue[],
  ) => void;
  /** All metrics in Prometheus text format. */
  readonly text: () => Promise<string>;
  readonly contentType: string;
};

type LabelledValue = {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

export function createMetrics(): HttpMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: "satsconnect_http_request_seconds",
    help: "Time to answer, by route and status",
    labelNames: ["method", "route", "status"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  return {
    observe: (method, route, status, milliseconds) => {
      requests.observe({ method, route, status: String(status) }, milliseconds / 1_000);
    },
    gauge: (name, help, read) => {
      const gauge = new Gauge({
        name,
        help,
        registers: [],
        async collect() {
          this.set(await read());
        },
      });
      registry.registerMetric(gauge);
    },
    labelledGauge: (name, help, labelNames, read) => {
      const gauge = new Gauge({
        name,
        help,
        labelNames: [...labelNames],
        registers: [],
        collect() {
          this.reset();
          for (const { labels, value } of read()) this.set({ ...labels }, value);
        },
      });
      registry.registerMetric(gauge);
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
