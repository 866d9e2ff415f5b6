import type { Command } from 'commander';
import { define, group } from '../commands/define.js';
import type { JsonOption, Session } from '../session.js';
import { adminDatabase, withDatabase } from './admin-database.js';
import { addBackup } from './backup.commands.js';
import { runDoctor } from './doctor.js';
import { addKeys } from './keys.commands.js';
import { addPrune } from './prune.commands.js';

/** Commands of the operator: they use the database themselves and work with the API down. */
export function addAdmin(program: Command, session: Session): void {
  const admin = group(program, 'admin', 'the operator: database, keys, diagnosis; works with the API down');
  define(admin, 'migrate', {
    summary: "bring the database schema, and the queue's, up to this version",
    examples: ['admin migrate'],
  }).action((options: JsonOption) => migrateDatabase(session, options));
  addKeys(admin, session);
  addBackup(admin, session);
  addPrune(admin, session);
  define(admin, 'doctor', {
    summary: 'check everything an installation needs and say what to do about what is wrong',
    examples: ['admin doctor'],
  }).action((options: JsonOption) => runDoctor(session, options));
}

async function migrateDatabase(session: Session, options: JsonOption): Promise<void> {
  const { migrate } = await import('@tidemark/database');
  const { migrateQueue } = await import('@tidemark/jobs');
  const applied = await withDatabase(session, migrate);
  await migrateQueue(adminDatabase(session.config).url);
  if (options.json === true) return session.output.json({ applied });
  session.output.lines(applied.length === 0 ? ['The schema is up to date.'] : applied.map((name) => `applied ${name}`));
}
