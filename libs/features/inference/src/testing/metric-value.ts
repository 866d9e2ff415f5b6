import type { Metrics } from '@tidemark/telemetry';

/** Value of one labelled series of a metric; 0 when it has none yet. */
export async function metricValue(metrics: Metrics, name: string, labels: Record<string, string>): Promise<number> {
  const metric = await metrics.registry.getSingleMetric(name)?.get();
  const matches = (own: Partial<Record<string, string | number>>): boolean =>
    Object.entries(labels).every(([key, value]) => own[key] === value);
  return metric?.values.find((value) => matches(value.labels))?.value ?? 0;
}
