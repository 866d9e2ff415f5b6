import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { DATA_FOLDER_MARKER, DataFolderLock, eraseCluster, isOurDataFolder } from '@tidemark/embedded-postgres';
import { callerError } from '@tidemark/kernel';
import { LEDGER_FILE, LOCK_FILE } from './files.js';
import { ProcessLedger } from './process-ledger.js';

/** A terminal that can answer; undefined where nobody can be asked. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/** Throws unless a person agreed, on the terminal or by --yes. */
export async function confirmErase(dataDir: string, isAgreed: boolean, terminal: Terminal | undefined): Promise<void> {
  if (isAgreed) return;
  if (!terminal) {
    throw callerError(
      'FRESH_NOT_CONFIRMED',
      `--fresh deletes everything in ${dataDir}; there is no terminal to ask on, so add --yes`,
      { details: { dataDir } },
    );
  }
  const answer = await ask(
    terminal,
    `Delete everything in ${dataDir}: database, models, prediction log, API key? Type yes to go on: `,
  );
  if (answer !== 'yes') throw callerError('FRESH_NOT_CONFIRMED', 'Nothing was deleted.');
}

/** The answer, or nothing when the person ends the input (Ctrl-C, Ctrl-D) instead. */
async function ask(terminal: Terminal, question: string): Promise<string> {
  const prompt = createInterface(terminal);
  try {
    return await new Promise((resolve) => {
      // An answer that ends the input closes the prompt in the same turn; the answer goes first.
      prompt.once('close', () => setImmediate(resolve, ''));
      void prompt.question(question).then((answer) => resolve(answer.trim().toLowerCase()));
    });
  } finally {
    prompt.close();
  }
}

/**
 * Empties the data folder, wherever its database lies, after stopping what still runs on it. Only a folder that
 * carries our marker is touched; the marker and the lock stay. A folder that does not exist is fresh already.
 */
export async function eraseData(dataDir: string, projectRoot: string): Promise<void> {
  if (!existsSync(dataDir)) return;
  if (!isOurDataFolder(dataDir)) {
    throw callerError(
      'DATA_FOLDER_FOREIGN',
      `${dataDir} does not carry the marker ${DATA_FOLDER_MARKER}, so it is not emptied: check the path`,
      {
        details: { dataDir },
      },
    );
  }
  const lock = DataFolderLock.acquire(join(dataDir, LOCK_FILE), 'npm start -- --fresh');
  try {
    await new ProcessLedger(join(dataDir, LEDGER_FILE)).stopLeftovers();
    await eraseCluster({ dataDir, projectRoot });
    for (const name of readdirSync(dataDir)) {
      if (name !== DATA_FOLDER_MARKER && name !== LOCK_FILE)
        rmSync(join(dataDir, name), { recursive: true, force: true });
    }
  } finally {
    lock.release();
  }
}
