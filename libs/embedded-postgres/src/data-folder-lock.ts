import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { SystemClock } from '@tidemark/kernel';
import { setupError } from './embedded-postgres.errors.js';
import { readIfPresent, readJsonIfPresent } from './private-files.js';
import { isRunning, startToken } from './process-identity.js';

interface Holder {
  readonly pid: number;
  readonly startToken: string;
  readonly since: string;
  readonly purpose: string;
  /** Differs for each acquisition, so that a lock which was taken over is not released by its former holder. */
  readonly ticket: string;
}

function isHolder(value: unknown): value is Holder {
  const holder = value as Partial<Holder> | undefined;
  return typeof holder?.pid === 'number' && typeof holder.startToken === 'string' && typeof holder.ticket === 'string';
}

function holds(holder: Holder): boolean {
  return isRunning(holder.pid) && startToken(holder.pid) === holder.startToken;
}

/**
 * One holder per file. The file names the holder by pid and start token, so a lock left by a killed process, or by a
 * process whose pid was given to another program since, is taken over; a live holder is named in the error.
 */
export class DataFolderLock {
  private constructor(
    private readonly file: string,
    private readonly ticket: string,
  ) {}

  static acquire(file: string, purpose: string): DataFolderLock {
    const ticket = randomUUID();
    const mine: Holder = {
      pid: process.pid,
      startToken: startToken(process.pid) ?? '',
      since: new SystemClock().now().toISOString(),
      purpose,
      ticket,
    };
    const draft = `${file}.${ticket}`;
    writeFileSync(draft, `${JSON.stringify(mine)}\n`, { mode: 0o644 });
    try {
      // A hard link fails when the name exists and never shows a half-written file to another starter.
      while (!DataFolderLock.tryLink(draft, file)) DataFolderLock.clearStale(file);
    } finally {
      rmSync(draft, { force: true });
    }
    return new DataFolderLock(file, ticket);
  }

  /** Gives the lock back; does nothing when somebody else holds it by now. */
  release(): void {
    const holder = readJsonIfPresent(this.file);
    if (isHolder(holder) && holder.ticket === this.ticket) rmSync(this.file, { force: true });
  }

  private static tryLink(draft: string, file: string): boolean {
    try {
      linkSync(draft, file);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }

  private static clearStale(file: string): void {
    const seen = readIfPresent(file);
    if (seen === undefined) return;
    const holder = readJsonIfPresent(file);
    if (isHolder(holder) && holds(holder)) throw lockedBy(file, holder);
    // Renaming picks exactly one winner among several starters that all found the same stale lock. If a faster one
    // had already put its own lock here, that lock goes back to its place.
    const aside = `${file}.stale.${randomUUID()}`;
    try {
      renameSync(file, aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    if (readIfPresent(aside) !== seen) DataFolderLock.tryLink(aside, file);
    rmSync(aside, { force: true });
  }
}

function lockedBy(file: string, holder: Holder): Error {
  return setupError(
    'DATA_FOLDER_LOCKED',
    `this data folder is in use by process ${holder.pid} (${holder.purpose}, since ${holder.since}); ` +
      `stop it (kill -INT ${holder.pid}) or use another folder (--data-dir DIR)`,
    { file, pid: holder.pid, since: holder.since, purpose: holder.purpose },
  );
}
