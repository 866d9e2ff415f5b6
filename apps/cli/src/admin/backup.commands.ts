import { createWriteStream, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { conflict } from '@tidemark/kernel';
import type { Command } from 'commander';
import { define } from '../commands/define.js';
import type { JsonOption, Session } from '../session.js';
import { adminDatabase, withDatabase } from './admin-database.js';

export function addBackup(admin: Command, session: Session): void {
  define(admin, 'backup', {
    summary: 'everything of this installation in one checked file: tables and artifacts; nobody is held up',
    examples: ['admin backup', 'admin backup /backups/monday.tidemark'],
  })
    .argument('[file]', 'where to; must not exist (default tidemark-<time>.backup)')
    .action((file: string | undefined, options: JsonOption) => backup(session, file, options));
  define(admin, 'restore', {
    summary: 'bring an empty database to what a backup holds; stop api, worker and scheduler first',
    examples: ['admin restore /backups/monday.tidemark'],
  })
    .argument('<file>', 'the backup')
    .action((file: string, options: JsonOption) => restore(session, file, options));
}

async function backup(session: Session, file: string | undefined, options: JsonOption): Promise<void> {
  const at = session.io.clock.now();
  const path = resolve(file ?? `tidemark-${at.toISOString().slice(0, 19).replaceAll(':', '')}Z.backup`);
  if (existsSync(path)) throw conflict('BACKUP_FILE_EXISTS', `${path} exists: name another file, or remove it first.`);
  const { writeBackup } = await import('@tidemark/backup');
  const { LocalArtifactStore } = await import('@tidemark/artifacts');
  const artifacts = new LocalArtifactStore(session.config.artifactRoot);
  const draft = `${path}.part`;
  try {
    const report = await withDatabase(session, (dataSource) => {
      const target = createWriteStream(draft, { mode: 0o600 });
      const onProgress = (message: string): void => session.progress.show(0, message);
      return writeBackup({ dataSource, artifacts, target, at, onProgress });
    });
    await rename(draft, path);
    session.progress.clear();
    if (options.json === true) return session.output.json({ path, ...report });
    const { tables, rows, artifacts: count, sha256 } = report;
    session.output.lines([
      `${path}: ${rows} rows of ${tables} tables, ${count} artifacts`,
      `sha256 of its content ${sha256}`,
    ]);
  } finally {
    session.progress.clear();
    await rm(draft, { force: true });
  }
}

async function restore(session: Session, file: string, options: JsonOption): Promise<void> {
  const { restoreBackup } = await import('@tidemark/backup');
  const { LocalArtifactStore } = await import('@tidemark/artifacts');
  const { migrateQueue } = await import('@tidemark/jobs');
  const artifacts = new LocalArtifactStore(session.config.artifactRoot);
  try {
    const onProgress = (message: string): void => session.progress.show(0, message);
    const report = await withDatabase(session, (dataSource) =>
      restoreBackup({ dataSource, artifacts, path: resolve(file), onProgress }),
    );
    await migrateQueue(adminDatabase(session.config).url);
    session.progress.clear();
    if (options.json === true) return session.output.json(report);
    const { at, tables, rows, artifacts: count, migrated } = report;
    session.output.lines([
      `Restored what was there at ${at}: ${rows} rows of ${tables} tables, ${count} artifacts.`,
      ...migrated.map((name) => `applied ${name}`),
    ]);
  } finally {
    session.progress.clear();
  }
}
