import { operationalError } from '@tidemark/kernel';
import type { DataSource } from 'typeorm';
import { closeDataSource, createDataSource, migrations } from './data-source.js';
import { withDatabaseErrors } from './database-errors.js';
import { selectRows } from './sql.js';

/** Serialises migrations of processes that start together; the number has no meaning beyond being ours. */
const MIGRATION_LOCK = 7_400_000_001;

/** Applies pending migrations, one transaction each, under an advisory lock; returns their names. */
export async function migrate(dataSource: DataSource): Promise<string[]> {
  const lock = dataSource.createQueryRunner();
  return withDatabaseErrors(async () => {
    try {
      await lock.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
      const applied = await dataSource.runMigrations();
      return applied.map(({ name }) => name);
    } finally {
      await unlock(lock);
    }
  });
}

/** The lock ends with its session anyway; a failing unlock must not hide the failure before it. */
async function unlock(lock: ReturnType<DataSource['createQueryRunner']>): Promise<void> {
  try {
    await lock.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]);
  } finally {
    await lock.release();
  }
}

/**
 * Makes the schema of an earlier version, for data of that version to be restored into. `names` are the first of the known
 * migrations, in order.
 */
export async function migrateUpTo(dataSource: DataSource, names: readonly string[]): Promise<void> {
  const url = (dataSource.options as { readonly url?: string }).url ?? '';
  const chosen = migrations.filter((Migration) => names.includes(new Migration().name));
  const earlier = createDataSource(url, { poolSize: 2, migrations: chosen });
  await withDatabaseErrors(async () => {
    await earlier.initialize();
    try {
      await earlier.runMigrations();
    } finally {
      await closeDataSource(earlier);
    }
  });
}

/** Names of migrations this code has and the database has not, in order. */
export async function pendingMigrations(dataSource: DataSource): Promise<string[]> {
  const applied = new Set(await appliedMigrations(dataSource));
  return knownMigrations().filter((name) => !applied.has(name));
}

/** Refuses a database whose schema is older (DATABASE_SCHEMA_OUTDATED) or newer (DATABASE_SCHEMA_UNKNOWN) than this code. */
export async function assertSchema(dataSource: DataSource): Promise<void> {
  const known = knownMigrations();
  const applied = await appliedMigrations(dataSource);
  const unknown = applied.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw operationalError(
      'DATABASE_SCHEMA_UNKNOWN',
      `The database has ${unknown.join(', ')}, which this version does not know: start a newer version.`,
      {
        details: { unknown },
      },
    );
  }
  const pending = known.filter((name) => !applied.includes(name));
  if (pending.length > 0) {
    throw operationalError(
      'DATABASE_SCHEMA_OUTDATED',
      `The database lacks ${pending.join(', ')}: run \`npx tidemark admin migrate\`.`,
      {
        details: { pending },
      },
    );
  }
}

/** Names of the migrations this code has, in order. */
export function knownMigrations(): string[] {
  return migrations.map((Migration) => new Migration().name);
}

async function appliedMigrations(dataSource: DataSource): Promise<string[]> {
  const [{ present } = { present: false }] = await selectRows<{ present: boolean }>(
    dataSource,
    `select to_regclass('schema_migrations') is not null as present`,
  );
  if (!present) return [];
  const rows = await selectRows<{ name: string }>(dataSource, 'select name from schema_migrations order by id');
  return rows.map(({ name }) => name);
}
