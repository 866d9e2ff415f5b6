import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type { ArtifactStore } from '@tidemark/artifacts';
import {
  execute,
  inTransaction,
  knownMigrations,
  migrate,
  migrateUpTo,
  quoteIdentifier,
  selectOne,
  selectRows,
} from '@tidemark/database';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { DataSource, QueryRunner } from 'typeorm';
import { backupDamaged, backupUnknown, targetNotEmpty } from './backup.errors.js';
import type { TableShape } from './catalog.js';
import { jsonOf, readFrames, type Frame } from './frames.js';
import { BACKUP_FORMAT } from './write-backup.js';

export interface RestoreReport {
  readonly at: string;
  readonly tables: number;
  readonly rows: number;
  readonly artifacts: number;
  /** Migrations applied after the backup's own. */
  readonly migrated: readonly string[];
}

export interface RestoreParts {
  readonly dataSource: DataSource;
  readonly artifacts: ArtifactStore;
  readonly path: string;
  readonly onProgress?: (message: string) => void;
}

interface Header {
  readonly format: number;
  readonly at: string;
  readonly migrations: readonly string[];
}

/**
 * Brings an empty database to what the backup holds: the whole file is checked before anything is written; tables are
 * made as the backup's version had them, filled in one transaction, and then migrated to this version.
 * @throws BACKUP_DAMAGED, BACKUP_FROM_NEWER_VERSION, RESTORE_TARGET_NOT_EMPTY
 */
export async function restoreBackup(parts: RestoreParts): Promise<RestoreReport> {
  const { dataSource, artifacts, path, onProgress = () => undefined } = parts;
  onProgress('checking the backup');
  const header = await verify(path);
  await refuseUnlessEmpty(dataSource);
  await migrateUpTo(dataSource, header.migrations);
  const restored = await inTransaction(dataSource, (runner) =>
    new Restorer(runner, artifacts, onProgress).run(readFrames(path)),
  );
  const migrated = await migrate(dataSource);
  return { at: header.at, ...restored, migrated };
}

/** Reads the file to its end: the header counts only when the checksum does. */
async function verify(path: string): Promise<Header> {
  let header: Header | undefined;
  for await (const { kind, payload } of readFrames(path)) {
    if (kind === 'H') header = jsonOf(payload) as Header;
  }
  if (header?.format !== BACKUP_FORMAT)
    throw backupDamaged(`its format is ${header?.format ?? 'not given'}, not ${BACKUP_FORMAT}`);
  const known = knownMigrations();
  const unknown = header.migrations.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw backupUnknown(unknown);
  return header;
}

async function refuseUnlessEmpty(dataSource: DataSource): Promise<void> {
  const sql = `select relname as "table" from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace limit 1`;
  const row = await selectOne<{ table: string }>(dataSource, sql);
  if (row !== undefined) throw targetNotEmpty(row.table);
}

/** Takes frames one by one; the table or artifact under way is finished by the next. */
class Restorer {
  private current: { write(chunk: Buffer): Promise<void>; finish(): Promise<void> } | undefined;
  private readonly counts = { tables: 0, rows: 0, artifacts: 0 };

  constructor(
    private readonly runner: QueryRunner,
    private readonly artifacts: ArtifactStore,
    private readonly onProgress: (message: string) => void,
  ) {}

  async run(frames: AsyncIterable<Frame>): Promise<{ tables: number; rows: number; artifacts: number }> {
    // What migrations wrote by themselves is in the backup as well.
    await this.clear();
    for await (const frame of frames) await this.take(frame);
    await this.current?.finish();
    await this.resetSequences();
    return this.counts;
  }

  private async take({ kind, payload }: Frame): Promise<void> {
    if (kind === 'D') return this.current?.write(payload);
    await this.current?.finish();
    this.current = undefined;
    if (kind === 'T') this.current = await this.table(jsonOf(payload) as TableShape);
    if (kind === 'A') this.current = await this.artifact((jsonOf(payload) as { sha256: string }).sha256);
  }

  private async table({ table, columns }: TableShape): Promise<NonNullable<Restorer['current']>> {
    this.onProgress(table);
    const client = (await this.runner.connect()) as PoolClient;
    const list = columns.map(quoteIdentifier).join(', ');
    const stream = client.query(copyFrom(`copy ${quoteIdentifier(table)} (${list}) from stdin`));
    const done = finished(stream);
    done.catch(() => undefined);
    return {
      write: async (chunk) => {
        if (!stream.write(chunk)) await Promise.race([once(stream, 'drain'), done]);
      },
      finish: async () => {
        stream.end();
        await done;
        this.counts.tables += 1;
        this.counts.rows += stream.rowCount;
      },
    };
  }

  private async artifact(sha256: string): Promise<NonNullable<Restorer['current']>> {
    const folder = await mkdtemp(join(tmpdir(), 'tidemark-restore-'));
    const path = join(folder, sha256);
    const file = createWriteStream(path);
    return {
      write: async (chunk) => {
        if (!file.write(chunk)) await once(file, 'drain');
      },
      finish: async () => {
        file.end();
        await finished(file);
        const stored = await this.artifacts.put(path);
        await rm(folder, { recursive: true });
        if (stored !== sha256) throw backupDamaged(`artifact ${sha256} has other content`);
        this.counts.artifacts += 1;
      },
    };
  }

  private async clear(): Promise<void> {
    const rows = await selectRows<{ table: string }>(
      this.runner,
      `select relname as "table" from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
         and relname <> 'schema_migrations'`,
    );
    await execute(this.runner, `truncate ${rows.map(({ table }) => quoteIdentifier(table)).join(', ')}`);
  }

  /** Numbers given from here on go on after those restored. */
  private async resetSequences(): Promise<void> {
    const owned = await selectRows<{ table: string; column: string; sequence: string }>(
      this.runner,
      `select c.relname as "table", a.attname as "column", pg_get_serial_sequence(quote_ident(c.relname), a.attname) as sequence
       from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attidentity <> ''
       where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace`,
    );
    for (const { table, column, sequence } of owned) {
      const highest = `(select coalesce(max(${quoteIdentifier(column)}), 0) from ${quoteIdentifier(table)})`;
      await execute(this.runner, `select setval($1::regclass, ${highest} + 1, false)`, [sequence]);
    }
  }
}
