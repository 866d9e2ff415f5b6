import { Inject, Injectable } from '@nestjs/common';
import { DATA_SOURCE, inTransaction, quoteIdentifier, selectOne, selectRows } from '@tidemark/database';
import type { DataSource, QueryRunner } from 'typeorm';
import { DIGEST_TABLES, type DigestTable } from './digest-tables.js';

export interface DigestKey {
  readonly timeline: string;
  readonly agent: string;
  /** Simulated time. */
  readonly until: Date;
}

export interface TableDigest {
  readonly table: string;
  readonly rows: number;
  readonly sha256: string;
}

/** The same text for the same value, whatever the server's settings. */
const SETTINGS = `set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local intervalstyle = 'postgres';
  set local extra_float_digits = 1; set local bytea_output = 'hex'`;
/** Types whose order depends on the database's collation. */
const TEXT = 'text';

interface Column {
  table_name: string;
  column_name: string;
  data_type: string;
}

/** Hashes of tables, computed where the rows are, on one snapshot of the database. */
@Injectable()
export class DigestRepository {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  async tables(key: DigestKey): Promise<TableDigest[]> {
    return inTransaction(this.dataSource, async (runner) => {
      await runner.query('set transaction isolation level repeatable read, read only');
      await runner.query(SETTINGS);
      const columns = await columnsOf(runner);
      const lastBar = await this.lastBar(runner, key);
      const digests: TableDigest[] = [];
      for (const table of DIGEST_TABLES) digests.push(await this.digest(runner, table, columns, { ...key, lastBar }));
      return digests;
    });
  }

  /** How far the loop of an agent has come; undefined where it has none. */
  async seenSlot({ timeline, agent }: Omit<DigestKey, 'until'>): Promise<Date | undefined> {
    const row = await selectOne<{ seen: Date }>(
      this.dataSource,
      'select coalesce(seen_slot, started_at) as seen from agent_loops where timeline_id = $1 and agent = $2',
      [timeline, agent],
    );
    return row?.seen;
  }

  private async lastBar(runner: QueryRunner, { timeline, agent, until }: DigestKey): Promise<Date | undefined> {
    const row = await selectOne<{ last: Date | null }>(
      runner,
      `select max(as_of) as last from predictions where timeline_id = $1 and agent = $2 and mode = 'loop' and at <= $3`,
      [timeline, agent, until],
    );
    return row?.last ?? undefined;
  }

  private async digest(
    runner: QueryRunner,
    table: DigestTable,
    columns: readonly Column[],
    { timeline, agent, until, lastBar }: DigestKey & { readonly lastBar: Date | undefined },
  ): Promise<TableDigest> {
    const own = columns.filter((column) => column.table_name === table.table);
    const rows = await selectOne<{ rows: number; sha256: string }>(runner, digestSql(table, own), [
      timeline,
      agent,
      until,
      lastBar ?? null,
    ]);
    return { table: table.table, ...rows! };
  }
}

async function columnsOf(runner: QueryRunner): Promise<Column[]> {
  return selectRows<Column>(
    runner,
    `select table_name, column_name, data_type from information_schema.columns
     where table_schema = current_schema() and table_name = any($1) order by table_name, column_name collate "C"`,
    [DIGEST_TABLES.map(({ table }) => table)],
  );
}

/**
 * SHA-256 over the SHA-256 of each row's text, in the order of the natural key. Values stand beside their column's name and
 * nulls are left out, so that a column added later changes no digest of older rows.
 */
function digestSql(table: DigestTable, columns: readonly Column[]): string {
  const { expressions = {}, excluded, key } = table;
  const values = columns
    .map(({ column_name: name }) => name)
    .filter((name) => !(name in excluded) && !(name in expressions))
    .map((name): [string, string] => [name, quoteIdentifier(name)]);
  const row = [...values, ...Object.entries(expressions)].map(([name, sql]) => `'${name}=' || (${sql})::text`);
  const order = key.map((name) => {
    const isText = columns.some((column) => column.column_name === name && column.data_type === TEXT);
    return isText ? `${quoteIdentifier(name)} collate "C"` : quoteIdentifier(name);
  });
  const hash = `sha256(convert_to(concat_ws(E'\\n', ${row.join(', ')}), 'UTF8'))`;
  return `select count(*)::int as rows,
      encode(sha256(coalesce(string_agg(hash, ''::bytea order by place), ''::bytea)), 'hex') as sha256
    from (select ${hash} as hash, row_number() over (order by ${order.join(', ')}) as place from ${table.table}
      where timeline_id = $1 and ${table.agent} = $2 and (${table.until})
        and ($3::timestamptz is null or true) and ($4::timestamptz is null or true)) as t`;
}
