import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '@tidemark/config';
import type { Durability, Logged } from '@tidemark/contracts';
import { isTidemarkError, operationalError } from '@tidemark/kernel';
import { LOGGER, Metrics, type Logger } from '@tidemark/telemetry';
import { recordBytes, type PredictionRecord } from './prediction-record.js';
import { PREDICTION_SINK, ROWS_REFUSED, type PredictionSink } from './prediction-writer.js';

interface Waiting {
  readonly record: PredictionRecord;
  readonly bytes: number;
  /** Present for durable rows: answered after the group's commit. */
  readonly settle?: (error?: Error) => void;
  /** Stored, refused, or given up by its caller. */
  isDone: boolean;
}

const DISK_FULL = 'DATABASE_DISK_FULL';
/** Waits between attempts while the database is away, ms. */
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 5_000;
/** A write that has not ended by then counts as failed, ms: a cut network can keep one open for hours. */
const WRITE_MS = 10_000;
/** How long a shutdown waits for buffered rows, ms. */
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
  /** Durable rows not answered yet. */
  private durableRows = 0;
  private timer: NodeJS.Timeout | undefined;
  private dueAt = Number.POSITIVE_INFINITY;
  private writing: Promise<void> | undefined;
  private failures = 0;
  private state: 'open' | 'draining' | 'closed' = 'open';

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
   * @throws PREDICTION_LOG_UNAVAILABLE when durable rows were not seen to commit, DATABASE_DISK_FULL when it is that. A row
   *   whose commit was under way may be stored all the same; it is stored at most once.
   */
  async append(records: readonly PredictionRecord[], durability: Durability): Promise<Logged[]> {
    if (durability === 'buffered') return records.map((record) => this.offer(record));
    await this.appendDurable(records);
    this.count('durable', records.length);
    return records.map(() => 'durable');
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.state = 'draining';
    const deadline = performance.now() + DRAIN_MS;
    while ((this.queue.length > 0 || this.writing !== undefined) && performance.now() < deadline) {
      await Promise.race([this.flush(), sleep(deadline - performance.now(), undefined, { ref: false })]);
      if (this.failures > 0) await sleep(RETRY_MIN_MS);
    }
    this.state = 'closed';
    this.unschedule();
    if (this.queue.length === 0) return;
    this.count('dropped', this.queue.length);
    const rows = this.queue.length;
    this.logger.error({ rows }, 'prediction log rows lost: the database did not answer before shutdown');
  }

  private offer(record: PredictionRecord): Logged {
    const bytes = recordBytes(record);
    if (this.state === 'closed' || this.bytes + bytes > this.config.log.bufferBytes) {
      this.count('dropped', 1);
      return 'dropped';
    }
    this.push({ record, bytes, isDone: false });
    this.count('buffered', 1);
    return 'buffered';
  }

  /** Waits for the commit, but not longer than a request may take. */
  private async appendDurable(records: readonly PredictionRecord[]): Promise<void> {
    if (this.state === 'closed') throw unavailable();
    const waiting: Waiting[] = [];
    const committed = records.map(
      (record) =>
        new Promise<void>((resolve, reject) => {
          const settle = (error?: Error): void => (error === undefined ? resolve() : reject(error));
          const row = { record, bytes: recordBytes(record), settle, isDone: false };
          waiting.push(row);
          this.push(row);
        }),
    );
    const giveUp = setTimeout(() => {
      const late = waiting.filter(({ isDone }) => !isDone);
      for (const row of late) this.finish(row, unavailable());
    }, this.config.predict.deadlineMs);
    try {
      await Promise.all(committed);
    } finally {
      clearTimeout(giveUp);
    }
  }

  private push(waiting: Waiting): void {
    this.queue.push(waiting);
    this.bytes += waiting.bytes;
    if (waiting.settle !== undefined) this.durableRows += 1;
    const isFull = this.queue.length >= this.config.log.groupMaxRows;
    if (isFull && this.failures === 0) void this.flush();
    else this.schedule();
  }

  /** A durable row tries at once even during an outage, so that its caller is answered now and not after the back-off. */
  private delayMs(): number {
    if (this.failures === 0 || this.durableRows > 0) return this.config.log.groupMaxDelayMs;
    return Math.min(RETRY_MIN_MS * 2 ** this.failures, RETRY_MAX_MS);
  }

  /** The earliest wish counts: rows that keep coming in must not put the next attempt off for ever. */
  private schedule(): void {
    const dueAt = performance.now() + this.delayMs();
    if (this.timer !== undefined && this.dueAt <= dueAt) return;
    this.unschedule();
    this.dueAt = dueAt;
    this.timer = setTimeout(() => {
      this.unschedule();
      void this.flush();
    }, dueAt - performance.now());
  }

  private unschedule(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** While a group is written nothing else begins; when it has ended, what came in meanwhile is scheduled. */
  private flush(): Promise<void> {
    this.writing ??= this.writeGroup().finally(() => {
      this.writing = undefined;
      if (this.queue.length > 0 && this.state === 'open') this.schedule();
    });
    return this.writing;
  }

  private async writeGroup(): Promise<void> {
    this.unschedule();
    const group = this.queue.splice(0, this.config.log.groupMaxRows).filter(({ isDone }) => !isDone);
    if (group.length === 0) return;
    try {
      await this.store(group);
      this.failures = 0;
    } catch (error) {
      this.failures = Math.min(this.failures + 1, 16);
      this.logger.warn({ err: error, rows: group.length }, 'prediction log group not written');
      this.keepBuffered(group, error);
    }
  }

  /** Writes a group; when the database refuses its content, halves it until the rows at fault are found and given up. */
  private async store(group: readonly Waiting[]): Promise<void> {
    try {
      await within(WRITE_MS, this.write(group));
      for (const row of group) this.finish(row);
    } catch (error) {
      if (!isTidemarkError(error) || error.code !== ROWS_REFUSED) throw error;
      if (group.length === 1) return this.refuse(group[0]!, error);
      const middle = group.length >>> 1;
      await this.store(group.slice(0, middle));
      await this.store(group.slice(middle));
    }
  }

  /** After a failure rows may be stored already: a commit can succeed although its answer was lost. */
  private async write(group: readonly Waiting[]): Promise<void> {
    const records = group.map(({ record }) => record);
    const stored = this.failures > 0 ? await this.sink.stored(records) : new Set<string>();
    await this.sink.write(records.filter(({ id }) => !stored.has(id)));
  }

  private refuse(row: Waiting, error: Error): void {
    this.logger.error({ err: error, prediction: row.record.id }, 'prediction log row refused by the database');
    this.count('failed', 1);
    this.finish(row, unavailable(error));
  }

  /** Durable rows are refused, the queued ones too: the database is away for them all. Buffered rows wait. */
  private keepBuffered(group: readonly Waiting[], cause: unknown): void {
    const open = [...group, ...this.queue].filter(({ isDone }) => !isDone);
    this.queue = open.filter(({ settle }) => settle === undefined);
    for (const row of open) if (row.settle !== undefined) this.finish(row, unavailable(cause));
  }

  private finish(row: Waiting, error?: Error): void {
    if (row.isDone) return;
    row.isDone = true;
    this.bytes -= row.bytes;
    if (row.settle === undefined) return;
    this.durableRows -= 1;
    row.settle(error);
  }

  private count(state: Logged | 'failed', rows: number): void {
    this.metrics.predictionLogRows.inc({ state }, rows);
  }
}

/** A full disk keeps its own code: it says what somebody has to do about it. */
function unavailable(cause?: unknown): Error {
  if (isTidemarkError(cause) && cause.code === DISK_FULL) return cause;
  return operationalError(
    'PREDICTION_LOG_UNAVAILABLE',
    'The prediction was not seen to be logged durably: the database did not take it. Ask again, or with durability "buffered".',
    { cause },
  );
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(operationalError('PREDICTION_LOG_TIMEOUT', `The prediction log was not written within ${ms} ms.`));
    }, ms).unref();
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // What was given up may still fail later; nobody waits for it any more.
    void work.catch(() => undefined);
  }
}
