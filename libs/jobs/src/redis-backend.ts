import { isTidemarkError, operationalError } from '@tidemark/kernel';
import { createRedisBackend, withBackend, type RedisOptions } from 'bullmq';
import type { JobDelivery } from './job-transport.js';
import type { BackendQueue, BackendWorker, QueueBackend, WorkerSettings } from './queue-backend.js';

const { Queue, Worker } = withBackend(createRedisBackend);

/** Keys of ours in a Redis that others use too. */
const PREFIX = 'tidemark';
const DEFAULT_PORT = 6379;
/** A command that Redis has not answered by then has failed: the wake-up stays in the outbox and is sent again. */
const COMMAND_TIMEOUT_MS = 5_000;

/** Queues in a Redis that runs already. It carries wake-ups only: jobs themselves are in Postgres. */
export class RedisBackend implements QueueBackend {
  private readonly connection: RedisOptions;

  constructor(redisUrl: string) {
    this.connection = connectionOf(new URL(redisUrl));
  }

  /** Fails at once while Redis is away, so that the outbox keeps what could not be sent. */
  queue(name: string): BackendQueue {
    const connection = {
      ...this.connection,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      commandTimeout: COMMAND_TIMEOUT_MS,
    };
    return new Queue<JobDelivery>(name, { connection, prefix: PREFIX, skipVersionCheck: true });
  }

  /** Waits for Redis to come back, however long it is away. */
  worker(name: string, handle: (delivery: JobDelivery) => Promise<void>, settings: WorkerSettings): BackendWorker {
    const connection = { ...this.connection, maxRetriesPerRequest: null };
    return new Worker<JobDelivery>(name, ({ data }) => handle(data), { connection, prefix: PREFIX, ...settings });
  }

  mapError(error: unknown): unknown {
    if (isTidemarkError(error)) return error;
    const message = `The queue in Redis did not answer: ${error instanceof Error ? error.message : String(error)}`;
    return operationalError('QUEUE_UNAVAILABLE', message, { cause: error });
  }
}

function connectionOf(url: URL): RedisOptions {
  const database = url.pathname.slice(1);
  return {
    host: url.hostname,
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(database === '' ? {} : { db: Number(database) }),
    ...(url.protocol === 'rediss:' ? { tls: {} } : {}),
  };
}
