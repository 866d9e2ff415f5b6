import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** Seconds; predictions take microseconds to milliseconds. */
const PREDICTION_BUCKETS = [5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 0.1, 1, 5];
const HTTP_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const JOB_BUCKETS = [0.1, 0.5, 1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600];

/** The metrics of one process, all prefixed `tidemark_`; a registry of its own, so tests can make several. */
export class Metrics {
  readonly registry = new Registry();
  readonly predictionsTotal = this.counter('predictions_total', 'Predictions answered.', ['agent', 'version', 'mode']);
  readonly predictionLatency = this.histogram(
    'prediction_latency_seconds',
    'Time to score one prediction.',
    ['agent'],
    PREDICTION_BUCKETS,
  );
  /** `state`: durable, buffered, dropped, or failed. */
  readonly predictionLogRows = this.counter('prediction_log_rows_total', 'Prediction log rows by how far they got.', [
    'state',
  ]);
  readonly modelGeneration = this.gauge('model_generation', 'Production generation this process serves.', ['agent']);
  readonly modelSwaps = this.counter(
    'model_swap_total',
    'Changes of the served model, by outcome: ok or an error code.',
    ['agent', 'outcome'],
  );
  readonly jobsTotal = this.counter('jobs_total', 'Job attempts that ended, by state.', ['kind', 'state']);
  readonly jobDuration = this.histogram('job_duration_seconds', 'Duration of a job attempt.', ['kind'], JOB_BUCKETS);
  readonly lastSuccess = this.gauge('last_success_timestamp_seconds', 'When a job last succeeded, Unix time.', ['job']);
  readonly notifications = this.counter('notifications_total', 'Attempts to post a notification, by outcome.', [
    'outcome',
  ]);
  readonly httpDuration = this.histogram(
    'http_request_duration_seconds',
    'Duration of HTTP requests.',
    ['route', 'method', 'status'],
    HTTP_BUCKETS,
  );

  /** Adds the Node process metrics (memory, event loop, garbage collection). Call once per process. */
  collectProcessMetrics(): void {
    collectDefaultMetrics({ register: this.registry, prefix: 'tidemark_' });
  }

  /** The Prometheus text exposition. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  private counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({ name: `tidemark_${name}`, help, labelNames, registers: [this.registry] });
  }

  private gauge<L extends string>(name: string, help: string, labelNames: readonly L[]): Gauge<L> {
    return new Gauge({ name: `tidemark_${name}`, help, labelNames, registers: [this.registry] });
  }

  private histogram<L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    buckets: number[],
  ): Histogram<L> {
    return new Histogram({ name: `tidemark_${name}`, help, labelNames, buckets, registers: [this.registry] });
  }
}
