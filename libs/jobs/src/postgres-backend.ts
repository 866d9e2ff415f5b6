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
import type { JobDelivery } from './job-transport.js';
import type { BackendQueue, BackendWorker, QueueBackend, WorkerSettings } from './queue-backend.js';

const { Queue, Worker } = withBackend(createPostgresBackend);

/** Schema of the queue's own tables. */
export const QUEUE_SCHEMA = 'bullmq';
/** Pooled connections of a queue or a worker; each also keeps one session for notifications. */
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

/** Queues in tables of the same Postgres: nothing else has to be installed. */
export class PostgresBackend implements QueueBackend {
  constructor(private readonly databaseUrl: string) {}

  queue(name: string): BackendQueue {
    return new Queue<JobDelivery>(name, { connection: this.connection(), skipVersionCheck: true });
  }

  worker(name: string, handle: (delivery: JobDelivery) => Promise<void>, settings: WorkerSettings): BackendWorker {
    return new Worker<JobDelivery>(name, ({ data }) => handle(data), { connection: this.connection(), ...settings });
  }

  mapError(error: unknown): unknown {
    if (!(error instanceof SchemaMigrationRequiredError) && !(error instanceof SchemaVersionMismatchError))
      return mapDatabaseError(error);
    return operationalError(
      'QUEUE_SCHEMA_OUTDATED',
      "The queue's tables are missing or of another version: run `npx tidemark admin migrate`.",
      { cause: error },
    );
  }

  private connection(): { connectionString: string; schema: string; max: number } {
    return { connectionString: this.databaseUrl, schema: QUEUE_SCHEMA, max: POOL_SIZE };
  }
}
