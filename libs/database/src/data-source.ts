import pg from 'pg';
import { DataSource, type MigrationInterface } from 'typeorm';
import { ClosingClient } from './closing-client.js';
import { CreateCoreTables1763700000000 } from './migrations/1763700000000-create-core-tables.js';
import { AddLoopTables1763800000000 } from './migrations/1763800000000-add-loop-tables.js';
import { AddJobParent1763900000000 } from './migrations/1763900000000-add-job-parent.js';
import { AllowPrune1763950000000 } from './migrations/1763950000000-allow-prune.js';
import { withDatabaseErrors } from './database-errors.js';

/** Injection token of the initialised TypeORM DataSource. */
export const DATA_SOURCE = Symbol('DATA_SOURCE');

/** Every migration in order; a new one is added at the end, a merged one is never edited. */
export const migrations: readonly (new () => MigrationInterface & { readonly name: string })[] = [
  CreateCoreTables1763700000000,
  AddLoopTables1763800000000,
  AddJobParent1763900000000,
  AllowPrune1763950000000,
];

export interface DataSourceOptions {
  /** Most connections; default 10. */
  readonly poolSize?: number;
  /** Default: all of this version. */
  readonly migrations?: typeof migrations;
  /** Shown in pg_stat_activity; default `tidemark`. */
  readonly applicationName?: string;
  /** Called for errors of idle pooled connections (server restart); the pool replaces them by itself. */
  readonly onPoolError?: (error: unknown) => void;
}

/** Longest wait for a connection, so that a caller learns within seconds that Postgres is away. */
const CONNECT_TIMEOUT_MS = 5_000;

/** A DataSource without entities: repositories write SQL. Not connected yet; see {@link openDataSource}. */
export function createDataSource(url: string, options: DataSourceOptions = {}): DataSource {
  return new DataSource({
    type: 'postgres',
    driver: pg,
    url,
    applicationName: options.applicationName ?? 'tidemark',
    poolSize: options.poolSize ?? 10,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    poolErrorHandler: options.onPoolError ?? (() => undefined),
    extra: { keepAlive: true, Client: ClosingClient },
    entities: [],
    migrations: [...(options.migrations ?? migrations)],
    migrationsTableName: 'schema_migrations',
    migrationsTransactionMode: 'each',
    synchronize: false,
    migrationsRun: false,
    installExtensions: false,
    logging: false,
  });
}

/** Creates the DataSource and connects it; DATABASE_UNAVAILABLE when Postgres cannot be reached. */
export async function openDataSource(url: string, options: DataSourceOptions = {}): Promise<DataSource> {
  const dataSource = createDataSource(url, options);
  return withDatabaseErrors(() => dataSource.initialize());
}

/** Closes the pool if it is open. */
export async function closeDataSource(dataSource: DataSource): Promise<void> {
  if (dataSource.isInitialized) await dataSource.destroy();
}
