import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Replaces a file in one step; only its owner can read it. */
export function writePrivateFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, path);
}

/** The file's text, or undefined when there is no such file. */
export function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The parsed JSON file; undefined when it is missing or was cut short by a crash. */
export function readJsonIfPresent(path: string): unknown {
  const text = readIfPresent(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // A half-written file carries nothing we could use; every caller treats it like a missing one.
    return undefined;
  }
}
