import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { DataSource, QueryRunner } from 'typeorm';
import { copyLine, type CopyRow } from './copy-format.js';
import { withDatabaseErrors } from './database-errors.js';
import { quoteIdentifier } from './sql.js';
import { joinedRunner } from './unit-of-work.js';

/** Lines are handed to the socket in pieces of about this many characters. */
const CHUNK_CHARACTERS = 65_536;

/**
 * Writes rows with COPY … FROM STDIN. One COPY is one statement: on any error no row is kept. With a QueryRunner it
 * joins that transaction, with a DataSource it joins the unit of work it is part of, else it commits by itself. Returns the number of rows written.
 */
export async function copyRows(
  target: DataSource | QueryRunner,
  table: string,
  columns: readonly string[],
  rows: readonly CopyRow[],
): Promise<number> {
  if (rows.length === 0) return 0;
  const sql = `copy ${quoteIdentifier(table)} (${columns.map(quoteIdentifier).join(', ')}) from stdin`;
  const joined = joinedRunner(target) ?? target;
  return withDatabaseErrors(() =>
    isRunner(joined) ? copyOn(joined, sql, rows) : copyOnOwnConnection(joined, sql, rows),
  );
}

function isRunner(target: DataSource | QueryRunner): target is QueryRunner {
  return 'isReleased' in target;
}

async function copyOnOwnConnection(dataSource: DataSource, sql: string, rows: readonly CopyRow[]): Promise<number> {
  const runner = dataSource.createQueryRunner();
  try {
    return await copyOn(runner, sql, rows);
  } finally {
    await runner.release();
  }
}

async function copyOn(runner: QueryRunner, sql: string, rows: readonly CopyRow[]): Promise<number> {
  const client = (await runner.connect()) as PoolClient;
  const stream = client.query(copyFrom(sql));
  await pipeline(Readable.from(chunks(rows)), stream);
  return stream.rowCount;
}

function* chunks(rows: readonly CopyRow[]): Generator<string> {
  let text = '';
  for (const row of rows) {
    text += copyLine(row);
    if (text.length < CHUNK_CHARACTERS) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}
