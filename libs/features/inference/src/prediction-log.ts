import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '@tidemark/config';
import type { Durability, Logged } from '@tidemark/contracts';
import { operationalError } from '@tidemark/kernel';
import { LOGGER, Metrics, type Logger } from '@tidemark/telemetry';
import { recordBytes, type PredictionRecord } from './prediction-record.js';
import { PREDICTION_SINK, type PredictionSink } from './prediction-writer.js';

interface Waiting {
  readonly record: PredictionRecord;
  readonly bytes: number;
  /** Present for durable rows: answered after the group's commit. */
  readonly settle?: (error?: Error) => void;
}

/** Waits between attempts while the database is away, ms. */
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 5_000;
/** How long a shutdown waits for buffered rows. */
const DRAIN_MS = 5_000;

/**
 * The prediction log: rows are gathered for a few milliseconds and written by one COPY a group. Durable rows are
 * answered after their group's commit, or refused when it fails. Buffered rows wait out an outage in memory, bounded in
 * bytes; past the bound they are dropped and counted.
 */
@Injectable()
export class PredictionLog implements BeforeApplicationShutdown {
  private queue: Waiting[] = [];
  private bytes = 0;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;
  private failures = 0;
  private isClosed = false;

  constructor(
    @Inject(PREDICTION_SINK) private readonly sink: PredictionSink,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Bytes waiting in memory. */
  get bufferedBytes(): number {
    return this.bytes;
  }

  /** False while the last group could not be written. */
  get isHealthy(): boolean {
    return this.failures === 0;
  }

  /**
   * Takes records of one request, all with the same durability, and answers how each is logged.
   * @throws PREDICTION_LOG_UNAVAILABLE when durable rows cannot be committed: none of them is then logged.
   */
  async append(records: readonly PredictionRecord[], durability: Durability): Promise<Logged[]> {
    if (durability === 'buffered') return records.map((record) => this.offer(record));
    const settled = records.map((record) => this.enqueueDurable(record));
    await Promise.all(settled);
    this.count('durable', records.length);
    return records.map(() => 'durable');
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isClosed = true;
    const deadline = performance.now() + DRAIN_MS;
    while (this.queue.length > 0 && performance.now() < deadline) {
      await this.flush();
      if (this.failures > 0) await new Promise((resolve) => setTimeout(resolve, RETRY_MIN_MS));
    }
    clearTimeout(this.timer);
    if (this.queue.length > 0) {
      this.count('dropped', this.queue.length);
      this.logger.error(
        { rows: this.queue.length },
        'prediction log rows lost: the database did not answer before shutdown',
      );
    }
  }

  private offer(record: PredictionRecord): Logged {
    const bytes = recordBytes(record);
    if (this.bytes + bytes > this.config.log.bufferBytes) {
      this.count('dropped', 1);
      return 'dropped';
    }
    this.push({ record, bytes });
    this.count('buffered', 1);
    return 'buffered';
  }

  private enqueueDurable(record: PredictionRecord): Promise<void> {
    return new Promise((resolve, reject) => {
      this.push({
        record,
        bytes: recordBytes(record),
        settle: (error) => (error === undefined ? resolve() : reject(error)),
      });
    });
  }

  private push(waiting: Waiting): void {
    this.queue.push(waiting);
    this.bytes += waiting.bytes;
    const isFull = this.queue.length >= this.config.log.groupMaxRows;
    if (isFull && this.failures === 0) void this.flush();
    else this.schedule(this.delayMs(waiting.settle !== undefined));
  }

  /** A durable row tries at once even during an outage, so that its caller is answered now and not after the back-off. */
  private delayMs(isDurable: boolean): number {
    if (this.failures === 0 || isDurable) return this.config.log.groupMaxDelayMs;
    return Math.min(RETRY_MIN_MS * 2 ** this.failures, RETRY_MAX_MS);
  }

  private schedule(delayMs: number): void {
    if (this.timer !== undefined && this.failures === 0) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), delayMs);
  }

  private flush(): Promise<void> {
    this.writing ??= this.writeGroup().finally(() => {
      this.writing = undefined;
      if (this.queue.length > 0 && !this.isClosed) this.schedule(this.delayMs(false));
    });
    return this.writing;
  }

  private async writeGroup(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const group = this.queue.splice(0, this.config.log.groupMaxRows);
    if (group.length === 0) return;
    try {
      const isRetry = this.failures > 0;
      const stored = isRetry ? await this.sink.stored(group.map(({ record }) => record)) : new Set<string>();
      await this.sink.write(group.map(({ record }) => record).filter(({ id }) => !stored.has(id)));
      this.failures = 0;
      this.release(group);
      group.forEach(({ settle }) => settle?.());
    } catch (error) {
      this.failures = Math.min(this.failures + 1, 16);
      this.logger.warn({ err: error, rows: group.length }, 'prediction log group not written');
      this.keepBuffered(group, error);
    }
  }

  private keepBuffered(group: readonly Waiting[], cause: unknown): void {
    const durable = group.filter(({ settle }) => settle !== undefined);
    this.queue = [...group.filter(({ settle }) => settle === undefined), ...this.queue];
    this.release(durable);
    const error = operationalError(
      'PREDICTION_LOG_UNAVAILABLE',
      'The prediction could not be logged durably: the database did not take it. Ask again, or with durability "buffered".',
      { cause },
    );
    durable.forEach(({ settle }) => settle?.(error));
  }

  private release(group: readonly Waiting[]): void {
    this.bytes -= group.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  private count(state: Logged, rows: number): void {
    this.metrics.predictionLogRows.inc({ state }, rows);
  }
}
