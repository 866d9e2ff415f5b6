import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, normalize, resolve } from 'node:path';
import { callerError } from '@tidemark/kernel';
import type { Agent } from '@tidemark/contracts';
import type { Bar } from './bar.js';
import { parseCsvBars } from './csv-bars.js';

const require = createRequire(import.meta.url);

/** Path of an agent's CSV file: inside an npm package's `data` folder, or relative to the folder of the agent's file. */
export function sourcePath(source: Agent['source'], agentFolder: string): string {
  if (source.path !== undefined) return isAbsolute(source.path) ? source.path : resolve(agentFolder, source.path);
  return packageDataPath(source.package ?? '', source.file ?? '');
}

/** The package's `exports` hide its files: its main entry resolves, and `../data` lies beside it. */
function packageDataPath(name: string, file: string): string {
  const relative = normalize(file);
  if (relative.startsWith('..') || isAbsolute(relative)) {
    throw callerError('SOURCE_PATH_INVALID', `source.file must stay inside the package's data folder, got ${file}.`);
  }
  try {
    return join(dirname(require.resolve(name)), '..', 'data', relative);
  } catch (error) {
    throw callerError(
      'SOURCE_PACKAGE_MISSING',
      `The npm package ${name} is not installed; add it or use source.path.`,
      { cause: error },
    );
  }
}

/** Reads and checks an agent's CSV source. */
export async function readSource(source: Agent['source'], agentFolder: string): Promise<Bar[]> {
  const path = sourcePath(source, agentFolder);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw callerError('SOURCE_FILE_UNREADABLE', `Cannot read ${path}: ${String(error)}`, { cause: error });
  });
  return parseCsvBars(text, source.columns, path);
}
