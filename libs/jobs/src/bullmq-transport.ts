import type { ConsumeOptions, JobDelivery, JobTransport } from './job-transport.js';
import { PostgresBackend } from './postgres-backend.js';
import type { BackendQueue, BackendWorker, QueueBackend } from './queue-backend.js';
import { QUEUES, type QueueName } from './queues.js';
import { RedisBackend } from './redis-backend.js';

/** The first queue keeps the name it had when it was the only one: wake-ups sent by an older version arrive. */
const NAMES: Readonly<Record<QueueName, string>> = { work: 'jobs', replays: 'replays' };

export interface BullMqOptions {
  readonly databaseUrl: string;
  /** Keeps the queues in this Redis instead of Postgres. */
  readonly redisUrl?: string;
  /** Called for errors of idle connections and of lock renewals; BullMQ recovers from them by itself. */
  readonly onError: (error: unknown) => void;
  /** A delivery whose process died is repeated after this; the job's own lease is what decides. Default 15 s. */
  readonly stalledIntervalMs?: number;
}

const LOCK_MS = 60_000;
const STALLED_INTERVAL_MS = 15_000;
const MAX_STALLED = 3;
/** Longest a start waits for the queue's store. */
const OPEN_TIMEOUT_MS = 10_000;

/** BullMQ on Postgres or Redis. Finished deliveries are removed, so the same wake-up can be sent again. */
export class BullMqTransport implements JobTransport {
  private readonly queues: Readonly<Record<QueueName, BackendQueue>>;
  private readonly workers: BackendWorker[] = [];
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly backend: QueueBackend,
    private readonly options: BullMqOptions,
  ) {
    this.queues = { work: this.queue('work'), replays: this.queue('replays') };
  }

  /** Connects. @throws QUEUE_SCHEMA_OUTDATED, DATABASE_UNAVAILABLE, QUEUE_UNAVAILABLE */
  static async open(options: BullMqOptions): Promise<BullMqTransport> {
    const { databaseUrl, redisUrl } = options;
    const backend = redisUrl === undefined ? new PostgresBackend(databaseUrl) : new RedisBackend(redisUrl);
    const transport = new BullMqTransport(backend, options);
    try {
      for (const name of QUEUES) await within(OPEN_TIMEOUT_MS, transport.queues[name].waitUntilReady());
      return transport;
    } catch (error) {
      await transport.close().catch(() => undefined);
      throw backend.mapError(error);
    }
  }

  async enqueue(queue: QueueName, jobId: string, attempt: number): Promise<void> {
    const delivery: JobDelivery = { jobId, attempt };
    try {
      await this.queues[queue].add('run', delivery, {
        jobId: `${jobId}-${attempt}`,
        removeOnComplete: true,
        removeOnFail: true,
      });
    } catch (error) {
      throw this.backend.mapError(error);
    }
  }

  async consume(handler: (delivery: JobDelivery) => Promise<void>, options: ConsumeOptions): Promise<void> {
    const worker = this.backend.worker(NAMES[options.queue], handler, {
      concurrency: options.concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: this.options.stalledIntervalMs ?? STALLED_INTERVAL_MS,
      maxStalledCount: MAX_STALLED,
    });
    worker.on('error', this.options.onError);
    this.workers.push(worker);
    await worker.waitUntilReady();
  }

  /** The workers first (they wait for running handlers), then the queues. */
  async close(): Promise<void> {
    this.closing ??= this.closeParts();
    await this.closing;
  }

  private async closeParts(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.close()));
    for (const name of QUEUES) await this.queues[name].close();
  }

  private queue(name: QueueName): BackendQueue {
    const queue = this.backend.queue(NAMES[name]);
    queue.on('error', this.options.onError);
    return queue;
  }
}

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
