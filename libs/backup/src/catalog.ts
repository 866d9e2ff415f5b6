import { selectRows, type SqlExecutor } from '@tidemark/database';

/** A table of ours as a backup holds it. */
export interface TableShape {
  readonly table: string;
  readonly columns: readonly string[];
}

const COLUMNS = `
select c.relname as "table", array_agg(a.attname::text order by a.attnum) as columns
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname <> 'schema_migrations'
group by c.relname order by c.relname`;

const REFERENCES = `
select distinct r.relname as "table", t.relname as target
from pg_constraint k join pg_class r on r.oid = k.conrelid join pg_class t on t.oid = k.confrelid
where k.contype = 'f' and r.relnamespace = 'public'::regnamespace and r.oid <> t.oid`;

/** Every table of ours, those that others refer to first. */
export async function tablesInOrder(on: SqlExecutor): Promise<TableShape[]> {
  const tables = await selectRows<TableShape>(on, COLUMNS);
  const references = await selectRows<{ table: string; target: string }>(on, REFERENCES);
  const ordered: TableShape[] = [];
  const placed = new Set<string>();
  while (ordered.length < tables.length) {
    const next = tables.filter(
      ({ table }) => !placed.has(table) && references.every((link) => link.table !== table || placed.has(link.target)),
    );
    if (next.length === 0) throw new RangeError('tables refer to one another in a circle');
    for (const shape of next) placed.add(shape.table);
    ordered.push(...next);
  }
  return ordered;
}

/** Names of the applied migrations, in order. */
export async function appliedMigrations(on: SqlExecutor): Promise<string[]> {
  const rows = await selectRows<{ name: string }>(on, 'select name from schema_migrations order by id');
  return rows.map(({ name }) => name);
}
