import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { operationalError } from '@tidemark/kernel';

/** Replaces the file at once, readable by its owner only from the first byte. */
export async function writeKeyFile(file: string, key: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await replace(file, `${key}\n`);
  } catch (error) {
    throw operationalError(
      'KEY_FILE_UNWRITABLE',
      `The API key could not be written to ${file}: ${(error as Error).message}.`,
      { cause: error },
    );
  }
}

async function replace(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeSynced(temporary, text);
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
