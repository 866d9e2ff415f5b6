import { createHash, randomBytes } from 'node:crypto';
import { testDatabaseUrl } from '@tidemark/config';
import pg from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { closeDataSource, migrations, openDataSource } from '../data-source.js';
import { migrate } from '../schema.js';
import { quoteIdentifier } from '../sql.js';

/** A migrated, empty database of its own for one suite. */
export interface TestDatabase {
  readonly url: string;
  readonly dataSource: DataSource;
  /** Closes the pool and drops the database. */
  close(): Promise<void>;
}

export interface TestDatabaseOptions {
  readonly poolSize?: number;
  /** False gives a database without any table. Default true. */
  readonly migrated?: boolean;
}

/** Holds off other suites while one makes the template. */
const TEMPLATE_LOCK = 7_400_000_002;

/** Clones the migrated template (made once per server and set of migrations), which takes tens of milliseconds. */
export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const serverUrl = testDatabaseUrl();
  const name = `tidemark_test_${process.pid}_${randomBytes(6).toString('hex')}`;
  await onServer(serverUrl, async (server) => {
    await server.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const template = options.migrated === false ? 'template1' : await ensureTemplate(server, serverUrl);
    await server.query(`create database ${quoteIdentifier(name)} template ${quoteIdentifier(template)}`);
  });
  const url = databaseUrl(serverUrl, name);
  const dataSource = await openDataSource(url, { poolSize: options.poolSize ?? 5 });
  return {
    url,
    dataSource,
    close: async () => {
      await closeDataSource(dataSource);
      await onServer(serverUrl, (server) =>
        server.query(`drop database if exists ${quoteIdentifier(name)} with (force)`),
      );
    },
  };
}

/** The template is named after its migrations: another set makes another template. Renamed only when complete. */
async function ensureTemplate(server: pg.Client, serverUrl: string): Promise<string> {
  const template = `tidemark_template_${await migrationsHash()}`;
  const { rowCount } = await server.query('select 1 from pg_database where datname = $1', [template]);
  if (rowCount === 1) return template;
  const draft = `${template}_draft`;
  await server.query(`drop database if exists ${quoteIdentifier(draft)} with (force)`);
  await server.query(`create database ${quoteIdentifier(draft)}`);
  const dataSource = await openDataSource(databaseUrl(serverUrl, draft), { poolSize: 2 });
  try {
    await migrate(dataSource);
  } finally {
    await closeDataSource(dataSource);
  }
  await server.query(`alter database ${quoteIdentifier(draft)} rename to ${quoteIdentifier(template)}`);
  return template;
}

/** Over the SQL the migrations would run, so that an edited one does not meet an older template. */
async function migrationsHash(): Promise<string> {
  const hash = createHash('sha256');
  const query = async (sql: string): Promise<void> => {
    hash.update(sql);
  };
  const recorder = { query } as unknown as QueryRunner;
  for (const Migration of migrations) {
    hash.update(Migration.name);
    await new Migration().up(recorder);
  }
  return hash.digest('hex').slice(0, 12);
}

function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.toString();
}

async function onServer(url: string, work: (server: pg.Client) => Promise<unknown>): Promise<void> {
  const server = new pg.Client({ connectionString: url });
  await server.connect();
  try {
    await work(server);
  } finally {
    await server.end();
  }
}
