import { accessSync, constants, existsSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setupError } from './embedded-postgres.errors.js';

/** A folder that carries this file was made by us and may be emptied by us. */
export const DATA_FOLDER_MARKER = '.tidemark-data';

/** Nobody but us uses this name. */
export const DEFAULT_DATA_FOLDER = '.tidemark';

export function isOurDataFolder(folder: string): boolean {
  return existsSync(join(folder, DATA_FOLDER_MARKER));
}

/**
 * Makes the data folder and marks it as ours; returns its real path. A folder with somebody else's files in it is
 * refused, so that a mistyped path can neither be littered nor, later, emptied.
 */
export function prepareDataFolder(folder: string): string {
  // As root the database runs under another account, which has to pass through this folder but need not list it.
  const mode = process.getuid?.() === 0 ? 0o711 : 0o700;
  makeWritable(folder, mode);
  if (!isOurDataFolder(folder)) {
    // Other commands may have written a key or an artifact to the default folder before the first start.
    if (basename(folder) !== DEFAULT_DATA_FOLDER && readdirSync(folder).length > 0) {
      throw setupError(
        'DATA_FOLDER_FOREIGN',
        `${folder} holds files that Tidemark did not put there; choose an empty or new folder with --data-dir DIR`,
        { folder },
      );
    }
    writeFileSync(
      join(folder, DATA_FOLDER_MARKER),
      'Made by Tidemark. `npm start -- --fresh` may empty this folder.\n',
    );
  }
  return realpathSync(folder);
}

function makeWritable(folder: string, mode: number): void {
  try {
    mkdirSync(folder, { recursive: true, mode });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw setupError(
      'DATA_FOLDER_NOT_WRITABLE',
      `the data folder ${folder} cannot be made or written by this user: start as its owner, or use another folder (--data-dir DIR)`,
      { folder, cause: String(cause) },
    );
  }
}
