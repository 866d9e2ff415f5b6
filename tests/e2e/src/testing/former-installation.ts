import { migrateUpTo, quoteIdentifier, selectRows, type SqlExecutor } from '@tidemark/database';
import type { DataSource } from 'typeorm';

/** The schema of the release before the loop. */
const FORMER_SCHEMA = ['CreateCoreTables1763700000000'];

/** Tables that release filled, each after those it refers to. */
const TABLES = [
  'bars',
  'models',
  'job_run',
  'model_runs',
  'model_versions',
  'model_deployments',
  'predictions',
  'outcomes',
  'sealed_openings',
] as const;

interface Column {
  readonly table_name: string;
  readonly column_name: string;
}

const COLUMNS = `select table_name, column_name from information_schema.columns
  where table_schema = current_schema() and is_identity = 'NO' order by table_name, ordinal_position`;

/** Makes `target` what an installation of the release before the loop left: the rows of `source`, in its schema. */
export async function makeFormer(source: DataSource, target: DataSource): Promise<void> {
  await migrateUpTo(target, FORMER_SCHEMA);
  const columns = await selectRows<Column>(target, COLUMNS);
  for (const table of TABLES) {
    const own = columns.filter((column) => column.table_name === table).map((column) => column.column_name);
    await copyTable(source, target, table, own);
  }
}

async function copyTable(
  source: SqlExecutor,
  target: SqlExecutor,
  table: string,
  columns: readonly string[],
): Promise<void> {
  const list = columns.map(quoteIdentifier).join(', ');
  const [{ rows } = { rows: '[]' }] = await selectRows<{ rows: string }>(
    source,
    `select coalesce(json_agg(t), '[]')::text as rows from (select ${list} from ${table}) as t`,
  );
  await selectRows(
    target,
    `insert into ${table} (${list}) select ${list} from json_populate_recordset(null::${table}, $1::json)`,
    [rows],
  );
}
