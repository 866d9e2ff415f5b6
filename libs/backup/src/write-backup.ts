import type { ArtifactStore } from '@tidemark/artifacts';
import { quoteIdentifier, withDatabaseErrors } from '@tidemark/database';
import type { PoolClient } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { DataSource, QueryRunner } from 'typeorm';
import { appliedMigrations, tablesInOrder, type TableShape } from './catalog.js';
import { FrameWriter } from './frames.js';

export const BACKUP_FORMAT = 1;

export interface BackupReport {
  readonly tables: number;
  readonly rows: number;
  readonly artifacts: number;
  readonly sha256: string;
}

export interface BackupParts {
  readonly dataSource: DataSource;
  readonly artifacts: ArtifactStore;
  readonly target: NodeJS.WritableStream;
  readonly at: Date;
  readonly onProgress?: (message: string) => void;
}

/**
 * Everything of an installation in one stream: every table by COPY in one snapshot, then every artifact. Writers are not
 * held up. The queue is left out: its wake-ups follow from the jobs. What the configuration holds is not in it.
 */
export async function writeBackup(parts: BackupParts): Promise<BackupReport> {
  const { dataSource, artifacts, target, at, onProgress = () => undefined } = parts;
  const writer = new FrameWriter(target);
  const runner = dataSource.createQueryRunner();
  return withDatabaseErrors(async () => {
    try {
      await runner.startTransaction('REPEATABLE READ');
      await runner.query('set transaction read only');
      const tables = await tablesInOrder(runner);
      const migrations = await appliedMigrations(runner);
      await writer.json('H', { format: BACKUP_FORMAT, at: at.toISOString(), migrations });
      let rows = 0;
      for (const shape of tables) {
        onProgress(shape.table);
        rows += await writeTable(runner, shape, writer);
      }
      await runner.commitTransaction();
      const count = await writeArtifacts(artifacts, writer, onProgress);
      return { tables: tables.length, rows, artifacts: count, sha256: await writer.end() };
    } finally {
      if (runner.isTransactionActive) await runner.rollbackTransaction();
      await runner.release();
    }
  });
}

async function writeTable(runner: QueryRunner, shape: TableShape, writer: FrameWriter): Promise<number> {
  await writer.json('T', shape);
  const client = (await runner.connect()) as PoolClient;
  const columns = shape.columns.map(quoteIdentifier).join(', ');
  const stream = client.query(copyTo(`copy ${quoteIdentifier(shape.table)} (${columns}) to stdout`));
  for await (const chunk of stream as AsyncIterable<Buffer>) await writer.data(chunk);
  return stream.rowCount;
}

/** Artifacts are immutable, so those that arrive meanwhile do no harm: the snapshot does not name them. */
async function writeArtifacts(
  artifacts: ArtifactStore,
  writer: FrameWriter,
  onProgress: (message: string) => void,
): Promise<number> {
  let count = 0;
  for await (const sha256 of artifacts.list()) {
    await writer.json('A', { sha256 });
    for await (const chunk of (await artifacts.open(sha256)) as AsyncIterable<Buffer>) await writer.data(chunk);
    count += 1;
    if (count % 100 === 0) onProgress(`${count} artifacts`);
  }
  return count;
}
