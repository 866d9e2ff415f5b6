import { mapDatabaseError } from '@tidemark/database';
import { operationalError } from '@tidemark/kernel';
import {
  SchemaMigrationRequiredError,
  SchemaVersionMismatchError,
  createPostgresBackend,
  runMigrations,
  withBackend,
} from 'bullmq';
import pg from 'pg';
import type { ConsumeOptions, JobDelivery, JobTransport } from './job-transport.js';

const { Queue, Worker } = withBackend(createPostgresBackend);

/** Schema of the queue's own tables. */
export const QUEUE_SCHEMA = 'bullmq';
const QUEUE_NAME = 'jobs';

export interface BullMqOptions {
  readonly databaseUrl: string;
  /** Called for errors of idle connections and of lock renewals; BullMQ recovers from them by itself. */
  readonly onError: (error: unknown) => void;
  /** A delivery whose process died is repeated after this; the job's own lease is what decides. Default 15 s. */
  readonly stalledIntervalMs?: number;
}

const LOCK_MS = 60_000;
const STALLED_INTERVAL_MS = 15_000;
const MAX_STALLED = 3;
/** Pooled connections of the queue and of the worker; each also keeps one session for notifications. */
const POOL_SIZE = 3;

/** Creates or updates the queue's tables; idempotent and safe to run from several processes. */
export async function migrateQueue(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  try {
    await client.connect();
    await runMigrations(client, QUEUE_SCHEMA);
  } catch (error) {
    throw mapDatabaseError(error);
  } finally {
    await client.end();
  }
}

/** BullMQ on Postgres. Finished deliveries are removed, so the same wake-up can be sent again. */
export class BullMqTransport implements JobTransport {
  private readonly queue: InstanceType<typeof Queue<JobDelivery>>;
  private worker: InstanceType<typeof Worker<JobDelivery>> | undefined;
  private closing: Promise<void> | undefined;

  private constructor(private readonly options: BullMqOptions) {
    this.queue = new Queue<JobDelivery>(QUEUE_NAME, { connection: this.connection(), skipVersionCheck: true });
    this.queue.on('error', options.onError);
  }

  /** Connects; QUEUE_SCHEMA_OUTDATED when the tables are missing or of another version. */
  static async open(options: BullMqOptions): Promise<BullMqTransport> {
    const transport = new BullMqTransport(options);
    try {
      await transport.queue.waitUntilReady();
      return transport;
    } catch (error) {
      await transport.close();
      throw openFailure(error);
    }
  }

  async enqueue(jobId: string, attempt: number): Promise<void> {
    const delivery: JobDelivery = { jobId, attempt };
    try {
      await this.queue.add('run', delivery, {
        jobId: `${jobId}-${attempt}`,
        removeOnComplete: true,
        removeOnFail: true,
      });
    } catch (error) {
      throw mapDatabaseError(error);
    }
  }

  async consume(handler: (delivery: JobDelivery) => Promise<void>, { concurrency }: ConsumeOptions): Promise<void> {
    const worker = new Worker<JobDelivery>(QUEUE_NAME, ({ data }) => handler(data), {
      connection: this.connection(),
      concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: this.options.stalledIntervalMs ?? STALLED_INTERVAL_MS,
      maxStalledCount: MAX_STALLED,
    });
    worker.on('error', this.options.onError);
    this.worker = worker;
    await worker.waitUntilReady();
  }

  /** The worker first (it waits for running handlers), then the queue. */
  async close(): Promise<void> {
    this.closing ??= this.closeParts();
    await this.closing;
  }

  private async closeParts(): Promise<void> {
    await this.worker?.close();
    await this.queue.close();
  }

  private connection(): { connectionString: string; schema: string; max: number } {
    return { connectionString: this.options.databaseUrl, schema: QUEUE_SCHEMA, max: POOL_SIZE };
  }
}

function openFailure(error: unknown): unknown {
  if (!(error instanceof SchemaMigrationRequiredError) && !(error instanceof SchemaVersionMismatchError))
    return mapDatabaseError(error);
  return operationalError(
    'QUEUE_SCHEMA_OUTDATED',
    "The queue's tables are missing or of another version: run `npx tidemark admin migrate`.",
    { cause: error },
  );
}
