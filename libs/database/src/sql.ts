import type { DataSource, QueryRunner } from 'typeorm';
import { withDatabaseErrors } from './database-errors.js';
import { joinedRunner } from './unit-of-work.js';

/**
 * Anything that runs SQL: the pool (each call on its own connection, or on that of the unit of work it is part of) or the
 * runner of a transaction.
 */
export type SqlExecutor = Pick<DataSource, 'query'> | Pick<QueryRunner, 'query'>;
export type SqlParameters = readonly unknown[];

/**
 * Rows of a SELECT, or of INSERT/UPDATE/DELETE … RETURNING. `T` is the caller's promise about the columns:
 * timestamptz comes as Date, bigint and numeric as string, jsonb parsed.
 */
export async function selectRows<T>(executor: SqlExecutor, sql: string, parameters: SqlParameters = []): Promise<T[]> {
  const result = await withDatabaseErrors<unknown>(() =>
    (joinedRunner(executor) ?? executor).query(sql, [...parameters]),
  );
  return (isAffectedPair(result) ? result[0] : result) as T[];
}

/** The first row, if any. */
export async function selectOne<T>(
  executor: SqlExecutor,
  sql: string,
  parameters: SqlParameters = [],
): Promise<T | undefined> {
  return (await selectRows<T>(executor, sql, parameters))[0];
}

/** Runs an UPDATE or DELETE and returns how many rows it changed; for an INSERT, how many rows it returned. */
export async function execute(executor: SqlExecutor, sql: string, parameters: SqlParameters = []): Promise<number> {
  const result = await withDatabaseErrors<unknown>(() =>
    (joinedRunner(executor) ?? executor).query(sql, [...parameters]),
  );
  if (isAffectedPair(result)) return result[1];
  return Array.isArray(result) ? result.length : 0;
}

/** TypeORM answers UPDATE and DELETE with [rows, count], everything else with rows. */
function isAffectedPair(result: unknown): result is [unknown[], number] {
  return Array.isArray(result) && result.length === 2 && Array.isArray(result[0]) && typeof result[1] === 'number';
}

/** Postgres quotes identifiers with double quotes, doubled inside. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
