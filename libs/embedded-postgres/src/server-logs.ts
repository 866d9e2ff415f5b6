import { closeSync, fstatSync, openSync, readSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const KEPT_FILES = 5;
const TAIL_BYTES = 4096;

function serverLogs(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /^postgres-\d{8}-\d{6}\.log$/.test(name))
    .sort();
}

/** The server starts a new file by size and by day; this removes all but the newest ones. Returns what it removed. */
export function pruneServerLogs(folder: string, kept: number = KEPT_FILES): string[] {
  const old = serverLogs(folder).slice(0, -kept);
  for (const name of old) rmSync(join(folder, name), { force: true });
  return old;
}

/** The end of a text file, whole lines only; empty when the file does not exist. */
export function tailOf(file: string, bytes: number = TAIL_BYTES): string {
  if (!statSync(file, { throwIfNoEntry: false })) return '';
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const length = Math.min(bytes, size);
    const buffer = Buffer.alloc(length);
    readSync(descriptor, buffer, 0, length, size - length);
    const text = buffer.toString('utf8');
    return length < size ? text.slice(text.indexOf('\n') + 1) : text;
  } finally {
    closeSync(descriptor);
  }
}

/** What the newest log file and the start-up output say, for an error message. */
export function serverLogTail(folder: string, startupLog: string): string {
  const newest = serverLogs(folder).at(-1);
  return [tailOf(startupLog), newest === undefined ? '' : tailOf(join(folder, newest))].join('').trim();
}
